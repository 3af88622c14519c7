"""A server that speaks MongoDB's protocol and keeps all in memory: enough for the read model, which can be rebuilt."""

import shutil
import subprocess
from pathlib import Path

from deploy.local import addresses
from deploy.local.bootstrap import digest
from deploy.local.components.base import Command, Component
from deploy.local.components.java import JAVA, java, small_heap
from deploy.local.downloads import Jars, make_once
from deploy.local.installation import Installation
from deploy.local.progress import Progress
from deploy.local.readiness import NotReadyError

JARS = Jars("mongo", 7)
SOURCE = Path(__file__).with_name("MongoStandIn.java")


class Mongo(Component):
    name = "mongo"
    ports = ("mongo",)
    downloads = (JAVA, JARS)
    megabytes = 90
    replaced_by = ("MONGODB_URI",)

    def fetch(self, installation: Installation, progress: Progress) -> None:
        def compile_once() -> None:
            progress.say("compiling the MongoDB stand-in, once")
            compile_server(installation.cache)

        make_once(classes(installation.cache), installation.cache, compile_once)

    def command(self, installation: Installation) -> Command:
        path = f"{classes(installation.cache)}:{class_path(installation.cache)}"
        open_netty = ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")
        jvm = (java(installation.cache), *small_heap(128), *open_netty, "-cp", path)
        return Command((*jvm, "MongoStandIn", str(installation.ports["mongo"]), *installation.listened))

    def ready(self, installation: Installation) -> None:
        import pymongo
        from pymongo.errors import PyMongoError

        try:
            uri = addresses.mongo(installation)
            with pymongo.MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=1000) as client:
                client.admin.command("ping")
        except PyMongoError as error:
            raise NotReadyError(str(error)) from error


def class_path(cache: Path) -> str:
    return ":".join(str(jar) for jar in JARS.files(cache))


def classes(cache: Path) -> Path:
    """The folder of the compiled server."""
    return JARS.path(cache) / f"classes-{digest(SOURCE)[:12]}"


def compile_server(cache: Path) -> None:
    """Compile with Eclipse's compiler, because the runtime has none."""
    draft = classes(cache).with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    compiler = ("org.eclipse.jdt.internal.compiler.batch.Main", "-source", "17", "-target", "17", "-nowarn")
    home = str(Path(java(cache)).parents[1])
    arguments = ("--system", home, "-cp", class_path(cache), "-d", str(draft), str(SOURCE))
    subprocess.run([java(cache), "-cp", class_path(cache), *compiler, *arguments], check=True)
    draft.replace(classes(cache))
