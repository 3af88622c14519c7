"""What a service says of itself to Prometheus."""

from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.shop import Shop

Labels = frozenset[tuple[str, str]]


async def samples(shop: Shop, service: str, name: str) -> dict[Labels, float]:
    """The metric's values by their labels, but for those that say which process it is."""
    port = shop.stack.installation.ports[f"{service}-metrics"]
    answer = (await shop.web.get(f"http://127.0.0.1:{port}/metrics")).text
    found = [each for family in text_string_to_metric_families(answer) for each in family.samples]
    return {_own(each.labels): each.value for each in found if each.name == name}


async def health(shop: Shop, service: str) -> dict[str, float]:
    """By part: 1 where it is well, else 0."""
    found = await samples(shop, service, "shopmesh_healthy")
    return {dict(labels)["part"]: value for labels, value in found.items()}


def _own(labels: dict[str, str]) -> Labels:
    return frozenset((key, value) for key, value in labels.items() if not key.startswith("otel_"))
