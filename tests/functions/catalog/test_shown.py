from functions.catalog.rematch import rematch_runs
from functions.catalog.shown import alternatives_of
from functions.document import Alternative
from functions.services import Services
from infra.records.tables import ProductImageRow, ProductRow
from tests.functions.catalog.stocked import RED, Shop, Wardrobe

ANNA = "a" * 16


def near(services: Services, wardrobe: Wardrobe, shop: Shop) -> dict[str, Alternative]:
    run_id = wardrobe.wear(ANNA, {"001": RED})
    shop.open()
    rematch_runs(services)
    with services.records.transaction() as session:
        return {one.product_id: one for one in alternatives_of(session, [run_id])[run_id, "001"]}


def test_the_picture_that_came_nearest_is_told_by_the_shops_address(
    services: Services, shop: Shop, wardrobe: Wardrobe
) -> None:
    shop.sell("two", {"front": 0.8, "back": 0.97})
    # The second garment of a set is cut out of the same picture.
    shop.sell("set", {"front": 0.6})
    with services.records.transaction() as session:
        session.add(shop.part("set", "front.1", 0.9, types=["dress"], color_hex=RED))
    urls = {product_id: one.picture_url for product_id, one in near(services, wardrobe, shop).items()}
    assert urls == {"two": "https://shop.example/two/back.jpg", "set": "https://shop.example/set/front.jpg"}


def test_words_and_files_of_the_shops_own_have_no_address(services: Services, shop: Shop, wardrobe: Wardrobe) -> None:
    shop.sell("told", words_at=0.4)
    shop.sell("local", {"front": 0.97})
    with services.records.transaction() as session:
        session.get_one(ProductImageRow, ("local", "front")).url = "pictures/front.jpg"
    found = near(services, wardrobe, shop)
    assert {product_id: one.picture_url for product_id, one in found.items()} == {"told": None, "local": None}
    assert set(found["told"].parts) == {"text", "color", "type"}


def test_a_product_that_left_the_records_is_left_out(services: Services, shop: Shop, wardrobe: Wardrobe) -> None:
    shop.sell("a", {"front": 0.97})
    shop.sell("b", {"front": 0.9})
    assert set(near(services, wardrobe, shop)) == {"a", "b"}
    with services.records.transaction() as session:
        session.delete(session.get_one(ProductRow, "a"))
    with services.records.transaction() as session:
        [shown] = alternatives_of(session, [f"{ANNA}-p1"]).values()
    assert [one.product_id for one in shown] == ["b"]
