"""What helm says to values that are wrong: the key by its name, and what to do."""

from collections.abc import Callable

import pytest

from tests.deploy.conftest import Render

pytestmark = pytest.mark.slow
Refusal = Callable[..., str]


@pytest.mark.parametrize(
    ("slip", "where", "key"),
    [
        ("services.catalog.replcas=2", "/services/catalog", "replcas"),
        ("servces.catalog.replicas=2", "", "servces"),
        ("services.order.autoscaling.maximum=9", "/services/order/autoscaling", "maximum"),
        ("defaults.enviroment.X=1", "/defaults", "enviroment"),
        ("edge.corsOrigin=https://shop.example", "/edge", "corsOrigin"),
        ("edge.rateLimits.default.request=5", "/edge/rateLimits/default", "request"),
        ("stores.postgres.existingsecret=x", "/stores/postgres", "existingsecret"),
        ("stores.postgre.existingSecret=x", "/stores", "postgre"),
        ("tls.certmanager.enabled=true", "/tls", "certmanager"),
        ("shop.seller.vatId=1", "/shop/seller", "vatId"),
        ("image.repository=x", "/image", "repository"),
        ("telemetry.traceratio=1", "/telemetry", "traceratio"),
        ("stripe.secretKey=sk_live_1", "/stripe", "secretKey"),
        ("services.catalog.resources.request.cpu=1", "/services/catalog/resources", "request"),
        ("edge.resources.limit.memory=1Gi", "/edge/resources", "limit"),
    ],
)
def test_a_mistyped_key_is_refused_by_its_name(refusal: Refusal, slip: str, where: str, key: str) -> None:
    assert f"at '{where}': additional properties '{key}' not allowed" in refusal(slip)


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        ("services.catalog.replicas=none", "/services/catalog/replicas"),
        ("services.catalog.replicas=0", "/services/catalog/replicas"),
        ("services.catalog.resources.limits.memory=null", "/services/catalog/resources/limits/memory"),
        ("image.pullPolicy=Sometimes", "/image/pullPolicy"),
        ("telemetry.traceRatio=2", "/telemetry/traceRatio"),
        ("services.order.parts=apart", "/services/order/parts"),
        ("services.Order.replicas=1", "'Order'"),
        ("stores.kafka.securityProtocol=TLS", "/stores/kafka/securityProtocol"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_key(refusal: Refusal, slip: str, said: str) -> None:
    assert said in refusal(slip)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("stores.postgres.existingSecret=", "stores.postgres.existingSecret is not set"),
        ("stores.kafka.bootstrapServers=", "stores.kafka.bootstrapServers is not set"),
        ("stripe.existingSecret=", "stripe.existingSecret is not set"),
        ("stripe.standIn.enabled=true", "it is Stripe or the stand-in"),
        ("stores.kafka.securityProtocol=SASL_SSL", "stores.kafka.saslMechanism is not set"),
        ("stores.kafka.saslMechanism=PLAIN", "stores.kafka.existingSecret is not set"),
        ("tls.certManager.enabled=true", "tls.certManager.issuerRef.name is not set"),
        ("edge.gateway.enabled=true", "edge.gateway.parentRefs is empty"),
        ("only=katalog", "only=katalog names no service: it is one of auth, cart, catalog"),
        ("services.cart.callers={shipping}", "services.cart.callers names shipping"),
        ("services.catalog.env.SHOPMESH_VALKEY_POOL_SIZE=9", "SHOPMESH_VALKEY_POOL_SIZE, which catalog does not know"),
        ("services.catalog.env.SHOPMESH_DATABASE_URL=x", "SHOPMESH_DATABASE_URL, which is a secret"),
        ("services.payment.env.STRIPE_API_KEY=sk_live_x", "STRIPE_API_KEY, which is a secret"),
        ("services.payment.env.stripe_api_key=sk_live_x", "stripe_api_key, which is a secret"),
        ("defaults.env.VALKEY_URL=redis://x", "VALKEY_URL, which is a secret"),
        ("services.order.terminationGracePeriodSeconds=30", "a pod needs 70 s to end"),
        ("edge.terminationGracePeriodSeconds=30", "a pod needs 60 s to end"),
        ("edge.drain.mostSeconds=5", "edge.drain.mostSeconds 5 is below"),
        ("defaults.autoscaling.enabled=true,defaults.autoscaling.max=1", "max 1 is below min 2"),
        ("fullnameOverride=a-name-that-is-far-too-long-to-be-one", "longer than 32 letters"),
    ],
)
def test_values_that_contradict_each_other_are_refused_with_what_to_do(
    refusal: Refusal, change: str, said: str
) -> None:
    assert said in refusal(*change.split(",") if "{" not in change else [change])


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ("[{name: api, parts: [api]}]", "the part relay 0 times"),
        ("[{name: a, parts: [api, relay, consumer]}, {name: b, parts: [worker, api]}]", "the part api 2 times"),
        ("[{name: a, parts: [api, relay, consumer, wrker]}]", "/services/order/parts/0/parts/3"),
        ("[{name: a, parts: [api, relay, consumer, worker], replcas: 2}]", "replcas"),
    ],
)
def test_parts_that_do_not_make_a_service_are_refused(refusal: Refusal, groups: str, said: str) -> None:
    assert said.replace("'", "") in refusal(values=f"services: {{order: {{parts: {groups}}}}}").replace("'", "")


def test_a_longer_drain_gives_a_pod_longer_to_end(render: Render) -> None:
    def grace(*sets: str) -> int:
        seconds: int = render(*sets).deployment("shop-order").spec["terminationGracePeriodSeconds"]
        return seconds

    assert grace() > 5 + 20
    assert grace("drain.seconds=60", "drain.delaySeconds=10") == grace() + 45
    assert grace("services.order.terminationGracePeriodSeconds=300") == 300
