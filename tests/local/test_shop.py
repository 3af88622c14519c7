"""The demo shop's generator: the same seed makes the same shop, and nothing in it is out of place."""

import json
import tracemalloc
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

import pytest
from babel.numbers import get_currency_precision
from click.testing import CliRunner
from google.protobuf.json_format import ParseDict
from shopmesh.catalog.v1.category_pb2 import Category
from shopmesh.catalog.v1.product_pb2 import Product

from deploy.local.shop.__main__ import main
from deploy.local.shop.categories import CATEGORIES
from deploy.local.shop.documents import Place, documents, product_document
from deploy.local.shop.generator import DemoProduct, Shop, article, slug
from deploy.local.shop.kinds import KINDS
from services.catalog.api.mapping import details_from_proto, new_variants_from_proto
from services.catalog.domain import products as rules
from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.validation import validate

PLACE = Place("http://127.0.0.1:8090", None, "EUR")
SHOP = Shop(7)
A_TURN_AND_MORE = 300
"""Enough for every kind in every style and material."""


def test_a_seed_makes_the_same_shop_again_and_another_seed_another_one() -> None:
    first, again, other = (list(documents(Shop(seed).products(40), PLACE)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_a_product_does_not_depend_on_how_many_there_are() -> None:
    assert SHOP.product(17) == list(SHOP.products(40))[17]


@pytest.mark.parametrize("number", range(A_TURN_AND_MORE))
def test_the_catalog_takes_every_product(number: int) -> None:
    body = ParseDict(product_document(SHOP.product(number), PLACE, ""), Product())
    validate(body)
    rules.create("prod_1", details_from_proto(body), new_variants_from_proto(body), utc_now(), lambda: ids.new("var"))


def test_the_categories_are_a_tree_that_the_products_are_filed_under() -> None:
    known = {""}
    for category in CATEGORIES:
        validate(Category(slug=category.slug, title=category.title))
        assert category.parent in known
        known.add(category.slug)
    used = {product.category for product in SHOP.products(60)}
    parents = {category.parent for category in CATEGORIES}
    assert used <= known
    assert {category.slug for category in CATEGORIES} - used - parents == set()


def texts(product: DemoProduct) -> str:
    return "\n".join((product.title, product.short_description, product.description))


def test_texts_are_whole_sentences() -> None:
    for product in SHOP.products(A_TURN_AND_MORE):
        paragraphs = product.description.split("\n\n")
        assert len(paragraphs) == 3
        for sentence in (product.short_description, *paragraphs):
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert "  " not in sentence
            assert ".." not in sentence


def test_texts_of_a_small_shop_are_all_different() -> None:
    products = list(SHOP.products(60))
    assert len({product.title for product in products}) == 60
    assert len({product.description for product in products}) == 60
    assert len({product.short_description for product in products}) == 60


def test_prices_are_believable_and_larger_sizes_cost_no_less() -> None:
    for product in SHOP.products(A_TURN_AND_MORE):
        prices = [variant.price for variant in product.variants]
        assert 500 <= min(prices) <= max(prices) <= 40_000, product.title
        first = product.variants[0].option_values[:1]
        one_colour = [v.price for v in product.variants if len(v.option_values) < 2 or v.option_values[:1] == first]
        if product.options and product.options[-1][0] != "Colour":
            assert one_colour == sorted(one_colour)


def test_prices_without_cents_are_whole() -> None:
    assert get_currency_precision("JPY") == 0
    [document] = documents(SHOP.products(1), Place("http://127.0.0.1", None, "JPY"))
    assert all("nanos" not in price for variant in document["variants"] for price in variant["prices"])


def test_pictures_are_drawings_and_products_name_them(tmp_path: Path) -> None:
    place = Place("http://pictures.example/", tmp_path, "EUR")
    named = {url for document in documents(SHOP.products(A_TURN_AND_MORE), place) for url in document["imageUrls"]}
    files = sorted(tmp_path.iterdir())
    assert {f"http://pictures.example/{file.name}" for file in files} == named
    for file in files:
        shapes = ElementTree.fromstring(file.read_text())
        assert shapes.attrib["viewBox"] == "0 0 800 800"
        assert len(shapes) > 5
        assert file.stat().st_size < 40_000


@pytest.mark.slow
def test_a_hundred_thousand_products_have_titles_and_so_slugs_of_their_own() -> None:
    slugs = {slug(SHOP.title(number)) for number in range(100_000)}
    assert len(slugs) == 100_000
    assert len({article(KINDS[0], each) for each in slugs}) > 99_990


def test_skus_are_of_one_variant_only() -> None:
    skus = [variant.sku for product in SHOP.products(A_TURN_AND_MORE) for variant in product.variants]
    assert len(set(skus)) == len(skus)


@pytest.mark.slow
def test_the_generator_keeps_nothing_of_what_it_made() -> None:
    products = SHOP.products(1_500)
    sizes = [len(repr(product)) for product in islice(products, 300)]
    tracemalloc.start()
    made = sum(1 for _ in products)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < made * sum(sizes) / len(sizes) / 5


def test_there_are_no_more_products_than_names() -> None:
    assert SHOP.capacity >= 100_000
    with pytest.raises(ValueError, match="only"):
        SHOP.products(SHOP.capacity + 1)


def test_the_command_prints_categories_and_products() -> None:
    output = CliRunner().invoke(main, ["generate", "--products", "3", "--seed", "5"]).output
    lines = [json.loads(line) for line in output.splitlines()]
    assert [next(iter(line)) for line in lines] == ["category"] * len(CATEGORIES) + ["product"] * 3
    assert lines[-1]["product"]["categoryId"] in {category.slug for category in CATEGORIES}
