import random
from dataclasses import astuple, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.tagging.items import Item, SeenFrame, find_items, segments
from infra.errors import ErrorCode, ReelwearError
from infra.settings import TaggingSettings
from serve_app.contract import Attribute, Cutoffs, Detection, encode_rle, encode_vector
from tests.functions.tagging.people import (
    ANNA,
    BLUE_PANTS,
    BORIS,
    RED_TOP,
    WHITE_SHOES,
    Person,
    Worn,
    frame_of,
    vector_of,
)

SETTINGS = TaggingSettings()
CUTOFFS = {"default": Cutoffs(exact=0.95, similar=0.8, same=0.9, unrelated=0.5)}
CCP = Path(__file__).parents[4] / "shared" / "data" / "ccp"


def found(*frames: SeenFrame) -> tuple[Item, ...]:
    return find_items(frames, SETTINGS, CUTOFFS)


def by_type(items: tuple[Item, ...]) -> dict[str, list[Item]]:
    return {kind: [item for item in items if item.type == kind] for kind in {item.type for item in items}}


def keyframes(item: Item) -> list[int]:
    return [sighting.keyframe for sighting in item.sightings]


def comparable(items: tuple[Item, ...]) -> list[tuple[object, ...]]:
    return [
        (
            *(
                item.type,
                item.color,
                item.confidence,
                item.segments,
                item.best,
                item.crop_jpeg,
                item.masked_png,
                item.attributes,
            ),
            None if item.vector is None else item.vector.tobytes(),
            *(astuple(sighting) for sighting in item.sightings),
        )
        for item in items
    ]


def test_no_frames_have_no_items() -> None:
    assert found() == ()
    assert found(frame_of(0, [], (0, 1))) == ()


def test_one_person_in_one_frame_gives_one_item_per_garment() -> None:
    items = found(frame_of(0, [ANNA], (0, 2)))
    assert [item.type for item in items] == ["top", "pants", "shoes"]
    assert [item.color.basic for item in items if item.color] == ["red", "blue", "white"]
    assert all(item.segments == ((0, 2),) and item.confidence == 0.8 for item in items)


def test_a_wearer_seen_again_in_another_street_wears_the_same_items() -> None:
    items = found(
        frame_of(0, [ANNA], (0, 2)),
        frame_of(1, [BORIS], (2, 4), street=1),
        frame_of(2, [ANNA.at(20, 40, 200)], (4, 6), street=2),
    )
    tops = by_type(items)["top"]
    assert [keyframes(top) for top in tops] == [[0, 2], [1]]
    assert tops[0].segments == ((0, 2), (4, 6))
    assert len(items) == 6


def test_segments_of_shots_that_follow_each_other_are_one() -> None:
    items = found(*(frame_of(i, [ANNA.at(30 + 9 * i)], (2.0 * i, 2.0 * i + 1.9)) for i in range(3)))
    assert {item.segments for item in items} == {((0, 5.9),)}
    assert {item.confidence for item in items} == {round(1 - 0.2**1.5, 4)}


def test_two_people_in_one_frame_wear_two_tops_even_of_one_make() -> None:
    twin = ANNA.at(95)
    items = found(*(frame_of(i, [ANNA.at(5), twin], (i, i + 1)) for i in range(2)))
    tops = by_type(items)["top"]
    assert [keyframes(top) for top in tops] == [[0, 1], [0, 1]]
    assert all(len({s.box[0] < 90 for s in top.sightings}) == 1 for top in tops)


def test_people_who_change_places_keep_their_items() -> None:
    items = found(
        frame_of(0, [ANNA.at(5), BORIS.at(95)], (0, 1)),
        frame_of(1, [BORIS.at(5), ANNA.at(95)], (1, 2)),
    )
    red = next(item for item in items if item.color and item.color.basic == "red")
    assert len(items) == 6
    assert [sighting.box[0] < 90 for sighting in red.sightings] == [True, False]


def test_two_people_in_similar_colours_stay_two_when_their_clothes_look_different() -> None:
    other = Person(tuple(replace(worn, look=worn.look + 50) for worn in ANNA.worn))
    assert len(found(frame_of(0, [ANNA], (0, 1)), frame_of(1, [other], (1, 2), street=1))) == 6


def test_two_people_of_similar_clothes_stay_two_when_the_colours_differ() -> None:
    other = Person(tuple(replace(worn, rgb=(230, 190, 40)) for worn in ANNA.worn))
    assert len(found(frame_of(0, [ANNA], (0, 1)), frame_of(1, [other], (1, 2), street=1))) == 6


def test_a_coat_taken_for_a_top_in_one_frame_is_one_coat() -> None:
    coat = Person((Worn("outerwear", (120, 90, 60), 9), BLUE_PANTS, WHITE_SHOES))
    items = found(
        frame_of(0, [coat], (0, 1)),
        frame_of(1, [coat.seen_as("outerwear", "top").at(30)], (1, 2), street=1),
        frame_of(2, [coat.at(60)], (2, 3), street=2),
    )
    assert [(item.type, keyframes(item)) for item in items] == [
        ("outerwear", [0, 1, 2]),
        ("pants", [0, 1, 2]),
        ("shoes", [0, 1, 2]),
    ]
    assert items[0].confidence < items[1].confidence


def test_a_jacket_over_a_top_of_its_colour_is_a_second_item() -> None:
    layered = Person((RED_TOP, Worn("outerwear", (185, 34, 44), 8), BLUE_PANTS))
    items = found(*(frame_of(i, [layered], (i, i + 1)) for i in range(2)))
    assert sorted(item.type for item in items) == ["outerwear", "pants", "top"]


def test_a_new_top_on_a_known_wearer_is_a_new_item() -> None:
    changed = Person((Worn("top", (240, 210, 60), 30), BLUE_PANTS, WHITE_SHOES, Worn("bag", (20, 20, 20), 31)))
    before = Person((RED_TOP, BLUE_PANTS, WHITE_SHOES, Worn("bag", (20, 20, 20), 31)))
    items = found(frame_of(0, [before], (0, 1)), frame_of(1, [changed], (1, 2)))
    assert {kind: len(of_kind) for kind, of_kind in by_type(items).items()} == {
        "top": 2,
        "pants": 1,
        "shoes": 1,
        "bag": 1,
    }


def test_garments_of_unknown_wearers_are_linked_by_their_looks_alone() -> None:
    frames = [frame_of(i, [ANNA], (i, i + 1), has_wearers=False) for i in range(3)]
    assert [(item.type, keyframes(item)) for item in found(*frames)] == [
        ("top", [0, 1, 2]),
        ("pants", [0, 1, 2]),
        ("shoes", [0, 1, 2]),
    ]


def test_without_masks_and_vectors_there_are_still_items() -> None:
    items = found(*(frame_of(i, [ANNA], (i, i + 1), has_masks=False, has_vectors=False) for i in range(2)))
    assert [item.type for item in items] == ["top", "pants", "shoes"]
    assert all(item.vector is None and item.sightings[0].mask is None for item in items)
    assert items[0].color
    assert items[0].color.basic == "red"


def test_unsure_small_and_foreign_detections_are_dropped() -> None:
    unsure = replace(RED_TOP, score=0.39)
    frame = frame_of(
        0, [Person((unsure, replace(BLUE_PANTS, is_seen_as="skin"), replace(WHITE_SHOES, is_seen_as="sleeve")))], (0, 1)
    )
    assert found(frame) == ()
    tiny = Person((Worn("eyewear", (10, 10, 10), 7), Worn("top", (190, 30, 40), 1)), height_px=100)
    strict = TaggingSettings(min_item_share=0.02)
    assert [item.type for item in find_items([frame_of(0, [tiny], (0, 1))], strict, CUTOFFS)] == ["eyewear"]


def test_the_best_sighting_is_large_and_whole() -> None:
    items = found(
        frame_of(0, [ANNA.at(50, 20, 150)], (0, 1)),
        frame_of(1, [ANNA.at(50, 20, 280)], (1, 2)),
        frame_of(2, [ANNA.at(-30, 20, 290)], (2, 3)),
    )
    assert [(keyframes(item), item.best) for item in items] == [([0, 1, 2], 1)] * 3


def test_a_garment_that_the_border_cuts_is_not_the_best_though_larger() -> None:
    items = found(frame_of(0, [ANNA], (0, 1)), frame_of(1, [ANNA.at(50, 60, 296)], (1, 2)))
    assert [(item.type, len(item.sightings), item.best) for item in items][:2] == [("top", 2, 1), ("pants", 2, 0)]


def test_twins_that_nothing_tells_apart_are_paired_the_same_in_any_order() -> None:
    boxes = [(10.0, 40.0, 70.0, 140.0), (100.0, 90.0, 160.0, 190.0)]
    vector = encode_vector(vector_of(1, 0))
    twins = tuple(Detection(box=box, label="top", score=0.9, vector=vector) for box in boxes)
    frames = [
        SeenFrame(i, i, i, i + 1, np.full((200, 180, 3), level, np.uint8), twins) for i, level in enumerate((90, 122))
    ]
    turned = [frames[0], replace(frames[1], detections=twins[::-1])]
    items = found(*frames)
    assert [keyframes(item) for item in items] == [[0, 1], [0, 1]]
    assert comparable(items) == comparable(found(*turned))


def test_the_best_sighting_is_the_sharp_one() -> None:
    frame = frame_of(0, [ANNA], (0, 1))
    soft = replace(frame, index=1, picture=np.asarray(cv2.GaussianBlur(frame.pixels(), (0, 0), 4), np.uint8))
    assert [item.best for item in found(frame, soft)] == [0, 0, 0]
    assert [item.best for item in found(replace(soft, index=0), replace(frame, index=1))] == [1, 1, 1]


def test_crops_show_the_garment_with_a_margin_and_alone() -> None:
    item = found(frame_of(0, [ANNA], (0, 1)))[0]
    x0, y0, x1, y1 = item.sightings[item.best].box
    plain = cv2.imdecode(np.frombuffer(item.crop_jpeg, np.uint8), cv2.IMREAD_COLOR)
    masked = cv2.imdecode(np.frombuffer(item.masked_png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert plain is not None
    assert masked is not None
    assert plain.shape[0] == pytest.approx((y1 - y0) * 1.08, abs=2)
    assert masked.shape == (y1 - y0, x1 - x0, 4)
    assert masked[5:-5, 5:-5, 3].min() == 255


def test_crops_of_large_frames_are_no_larger_than_640() -> None:
    frame = frame_of(0, [ANNA], (0, 1))
    large = np.asarray(cv2.resize(frame.pixels(), None, fx=8, fy=8), np.uint8)
    box = (200.0, 100.0, 1000.0, 2200.0)
    item = found(replace(frame, picture=large, detections=(Detection(box=box, label="dress", score=0.9),)))[0]
    for data in (item.crop_jpeg, item.masked_png):
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        assert picture is not None
        assert max(picture.shape[:2]) == 640


def test_an_items_vector_is_of_unit_length_and_near_its_sightings() -> None:
    top = found(*(frame_of(i, [ANNA], (i, i + 1)) for i in range(3)))[0]
    assert top.vector is not None
    assert float(np.linalg.norm(top.vector)) == pytest.approx(1, abs=1e-6)
    assert all(float(top.vector @ vector_of(RED_TOP.look, i)) > 0.95 for i in range(3))


def test_an_item_is_like_what_its_looks_agree_on() -> None:
    striped = Attribute(name="pattern", value="striped", confidence=0.9)
    frames = [frame_of(i, [ANNA], (i, i + 1)) for i in range(3)]
    told = [
        replace(
            frame,
            detections=tuple(
                one.model_copy(update={"attributes": (striped,)}) if one.label == "top" else one
                for one in frame.detections
            ),
        )
        for frame in frames
    ]
    assert {item.type: item.attributes for item in found(*told)} == {"top": (striped,), "pants": (), "shoes": ()}


def test_a_mask_on_another_grid_is_refused_by_name() -> None:
    frame = frame_of(0, [], (0, 1))
    detection = Detection(box=(0, 0, 50, 50), label="top", score=0.9, mask=encode_rle(np.ones((60, 60), np.bool_)))
    with pytest.raises(ReelwearError, match=r"60x60.*180x320") as caught:
        found(replace(frame, detections=(detection,)))
    assert caught.value.code is ErrorCode.MODEL_REFUSED


def test_a_vector_that_is_no_base64_is_refused_by_name() -> None:
    frame = frame_of(0, [], (0, 1))
    detection = Detection(box=(0, 0, 90, 90), label="top", score=0.9, vector="not base64!")
    with pytest.raises(ReelwearError, match="vector of top"):
        found(replace(frame, detections=(detection,)))


@pytest.mark.parametrize(
    "spans, joined",
    [
        pytest.param([], (), id="none"),
        pytest.param([(2, 3), (0, 1)], ((0, 1), (2, 3)), id="apart and out of order"),
        pytest.param([(0, 1), (1.2, 2)], ((0, 2),), id="a gap of a fifth of a second"),
        pytest.param([(0, 1), (1.25, 2)], ((0, 1), (1.25, 2)), id="a gap of a quarter"),
        pytest.param([(0, 5), (1, 2), (4, 6)], ((0, 6),), id="one within another"),
    ],
)
def test_spans_of_time_are_joined_when_they_touch(
    spans: list[tuple[float, float]], joined: tuple[tuple[float, float], ...]
) -> None:
    assert segments(spans) == joined


GARMENTS = st.builds(
    Worn,
    st.sampled_from(["top", "outerwear", "dress", "skirt", "pants", "shoes", "bag", "hat"]),
    st.sampled_from([(190, 30, 40), (40, 60, 120), (20, 20, 20), (230, 230, 230)]),
    st.integers(0, 5),
    st.floats(0.3, 1.0),
)
PEOPLE = st.builds(
    Person,
    st.lists(GARMENTS, max_size=4, unique_by=lambda worn: worn.kind).map(tuple),
    st.integers(-40, 150),
    st.integers(-60, 80),
    st.integers(80, 300),
)
VIDEOS = st.lists(st.tuples(st.lists(PEOPLE, max_size=3), st.booleans()), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(VIDEOS, st.integers(0, 2**32))
def test_the_order_of_frames_and_detections_changes_nothing(video: list[tuple[list[Person], bool]], seed: int) -> None:
    frames = [frame_of(i, people, (i, i + 1), has_wearers=known) for i, (people, known) in enumerate(video)]
    dice = random.Random(seed)
    mixed = [replace(f, detections=tuple(dice.sample(f.detections, len(f.detections)))) for f in frames]
    dice.shuffle(mixed)
    assert comparable(find_items(frames, SETTINGS, CUTOFFS)) == comparable(find_items(mixed, SETTINGS, CUTOFFS))


@settings(max_examples=40, deadline=None)
@given(VIDEOS)
def test_every_detection_that_counts_is_in_one_item_and_no_item_twice_in_a_frame(
    video: list[tuple[list[Person], bool]],
) -> None:
    frames = [frame_of(i, people, (i, i + 1), has_wearers=known) for i, (people, known) in enumerate(video)]
    lenient = replace_settings(min_detection_score=0.0, min_item_share=0.0)
    items = find_items(frames, lenient, CUTOFFS)
    assert sum(len(item.sightings) for item in items) <= sum(len(frame.detections) for frame in frames)
    for item in items:
        assert len(set(keyframes(item))) == len(item.sightings) == len(keyframes(item))
        assert 0 <= item.best < len(item.sightings)
        assert 0 <= item.confidence <= 1
        assert all(start < end for start, end in item.segments)


def replace_settings(**values: float) -> TaggingSettings:
    return SETTINGS.model_copy(update=values)
