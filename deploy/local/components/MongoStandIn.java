import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import io.netty.channel.Channel;

/** The in-memory server, taught what today's drivers ask: `java MongoStandIn PORT HOST...`. */
final class MongoStandIn extends MemoryBackend {
    /** MongoDB 4.4's; the library itself stops at 8, which drivers refuse. */
    private static final int WIRE_VERSION = 9;

    public static void main(String[] arguments) {
        MongoStandIn data = new MongoStandIn();
        for (int host = 1; host < arguments.length; host++) {
            MongoServer server = new MongoServer(data);
            Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
            server.bind(arguments[host], Integer.parseInt(arguments[0]));
        }
    }

    /** One command at a time, and a reply that no later command changes while it is being written. */
    @Override
    public synchronized Document handleMessage(MongoMessage message) {
        return super.handleMessage(message).cloneDeeply();
    }

    @Override
    public synchronized Document handleCommand(Channel channel, String database, String command, Document query) {
        if (command.equalsIgnoreCase("endSessions")) {
            return new Document("ok", 1.0);
        }
        if (command.equalsIgnoreCase("hello") || command.equalsIgnoreCase("isMaster")) {
            return hello(super.handleCommand(channel, database, "isMaster", query));
        }
        return super.handleCommand(channel, database, command, query);
    }

    private static Document hello(Document reply) {
        reply.put("isWritablePrimary", true);
        reply.put("helloOk", true);
        reply.put("maxWireVersion", WIRE_VERSION);
        reply.put("logicalSessionTimeoutMinutes", 30);
        return reply;
    }
}
