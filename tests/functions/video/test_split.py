from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from functions.video.split import Split, split
from infra.errors import ErrorCode, ReelwearError
from infra.settings import VideoSettings
from tests.functions.video.media import (
    HEIGHT,
    WIDTH,
    Rgb,
    dissolve,
    held,
    patch_after,
    picture,
    plain,
    turn,
    write_sound,
    write_video,
)

SETTINGS = VideoSettings()
A, B, C = (picture(seed) for seed in (1, 2, 3))
BLACK, WHITE = plain(0, 0, 0), plain(255, 255, 255)


def shown(result: Split, index: int = 0) -> Rgb:
    """A keyframe's pixels, RGB."""
    return np.asarray(cv2.imdecode(np.frombuffer(result.keyframes[index].jpeg, np.uint8), cv2.IMREAD_COLOR))[..., ::-1]


def looks_like(one: Rgb, other: Rgb) -> bool:
    return bool(one.shape == other.shape and np.abs(one.astype(int) - other).mean() < 16)


def refusal(path: Path, settings: VideoSettings = SETTINGS) -> ReelwearError:
    with pytest.raises(ReelwearError) as caught:
        split(path, settings)
    return caught.value


def test_a_one_shot_reel_has_one_keyframe(tmp_path: Path) -> None:
    result = split(write_video(tmp_path / "a.mp4", held(A, 2.0)), SETTINGS)
    assert (result.media.kind, result.media.width, result.media.height) == ("video", WIDTH, HEIGHT)
    assert (result.media.codec, result.media.fps, result.media.duration_s) == ("h264", 25.0, 2.0)
    assert [(shot.start_s, shot.end_s) for shot in result.shots] == [(0.0, 2.0)]
    assert len(result.keyframes) == 1
    assert looks_like(shown(result), A)
    assert result.measures["frames"] == 50


def test_each_shot_gives_its_own_picture(tmp_path: Path) -> None:
    result = split(write_video(tmp_path / "a.mp4", held(A, 1.2) + held(B, 2.0) + held(C, 1.0)), SETTINGS)
    assert [shot.start_s for shot in result.shots] == pytest.approx([0.0, 1.2, 3.2])
    assert [keyframe.index for keyframe in result.keyframes] == [0, 1, 2]
    assert all(looks_like(shown(result, i), image) for i, image in enumerate((A, B, C)))
    assert [keyframe.shot for keyframe in result.keyframes] == list(result.shots)


def test_no_keyframe_lies_within_a_dissolve(tmp_path: Path) -> None:
    frames = held(A, 1.2) + dissolve(A, B, 0.6) + held(B, 1.2)
    result = split(write_video(tmp_path / "a.mp4", frames), SETTINGS)
    assert [shot.start_s for shot in result.shots] == pytest.approx([0.0, 1.2], abs=0.15)
    assert looks_like(shown(result, 0), A)
    assert looks_like(shown(result, 1), B)


def test_black_before_and_between_pictures_is_never_shown(tmp_path: Path) -> None:
    frames = held(BLACK, 1.0) + held(A, 1.5) + dissolve(A, BLACK, 0.5) + held(BLACK, 0.4) + dissolve(BLACK, B, 0.5)
    result = split(write_video(tmp_path / "a.mp4", frames + held(B, 1.5)), SETTINGS)
    assert [shot.start_s for shot in result.shots] == pytest.approx([1.0, 3.4], abs=0.15)
    assert looks_like(shown(result, 0), A)
    assert looks_like(shown(result, 1), B)


def test_a_flash_makes_no_shot(tmp_path: Path) -> None:
    result = split(write_video(tmp_path / "a.mp4", held(A, 1.0) + held(WHITE, 0.12) + held(A, 1.0)), SETTINGS)
    assert len(result.shots) == len(result.keyframes) == 1
    assert looks_like(shown(result), A)


@pytest.mark.parametrize("image", [pytest.param(BLACK, id="black"), pytest.param(WHITE, id="white")])
def test_a_video_of_one_colour_has_one_keyframe(tmp_path: Path, image: Rgb) -> None:
    result = split(write_video(tmp_path / "a.mp4", held(image, 9.0)), SETTINGS)
    assert len(result.shots) == len(result.keyframes) == 1
    assert looks_like(shown(result), image)


def test_shots_of_plain_colours_are_told_apart(tmp_path: Path) -> None:
    frames = held(plain(220, 30, 30), 1.0) + held(plain(30, 200, 30), 1.0) + held(plain(30, 30, 220), 1.0)
    result = split(write_video(tmp_path / "a.mp4", frames), SETTINGS)
    assert [shot.start_s for shot in result.shots] == pytest.approx([0.0, 1.0, 2.0])
    assert len(result.keyframes) == 3


def test_a_single_frame_is_enough(tmp_path: Path) -> None:
    assert len(split(write_video(tmp_path / "a.mp4", [A]), SETTINGS).keyframes) == 1


def test_a_returning_shot_is_shown_once_and_its_return_is_told(tmp_path: Path) -> None:
    result = split(write_video(tmp_path / "a.mp4", held(A, 1.2) + held(B, 1.2) + held(A, 1.2)), SETTINGS)
    assert len(result.shots) == 3
    assert len(result.keyframes) == 2
    assert result.keyframes[0].returns == (result.shots[2],)


def test_a_dress_in_another_colour_is_shown_as_well(tmp_path: Path) -> None:
    looks = []
    for colour in ((150, 40, 40), (40, 90, 40)):
        look = A.copy()
        look[80:200, 50:100] = colour
        looks.append(look)
    result = split(
        write_video(tmp_path / "a.mp4", [*held(looks[0], 1.2), *held(B, 1.0), *held(looks[1], 1.2)]), SETTINGS
    )
    assert len(result.keyframes) == 3


def test_many_shots_are_capped_and_spread_over_the_length(tmp_path: Path) -> None:
    frames = [frame for seed in range(30) for frame in held(picture(seed), 0.4)]
    result = split(write_video(tmp_path / "a.mp4", frames), VideoSettings(max_keyframes=6))
    times_s = [keyframe.time_s for keyframe in result.keyframes]
    assert len(result.shots) == 30
    assert len(times_s) == 6
    assert times_s[0] < 1.0
    assert times_s[-1] > 11.0
    assert max(np.diff(times_s)) < 6.0


def test_people_who_come_and_go_in_one_long_shot_are_all_seen(tmp_path: Path) -> None:
    frames: list[Rgb] = []
    for colour in ((200, 30, 30), (30, 30, 200), (30, 160, 30)):
        for x in range(-40, WIDTH, 2):
            frame = A.copy()
            frame[60:240, max(x, 0) : max(x + 40, 0)] = colour
            frames.append(frame)
    result = split(write_video(tmp_path / "a.mp4", frames, rate=15), SETTINGS)
    assert len(result.shots) == 1
    assert len(result.keyframes) >= 3
    assert result.keyframes[-1].shot.end_s == pytest.approx(result.media.duration_s)


def test_times_are_those_of_presentation_at_a_variable_rate(tmp_path: Path) -> None:
    times_s = [0.0, 0.04, 0.08, 1.5, 1.54, 1.58, 4.0, 4.5, 5.0]
    result = split(write_video(tmp_path / "a.mp4", [A] * 3 + [B] * 3 + [C] * 3, times_s=times_s), SETTINGS)
    assert [shot.start_s for shot in result.shots] == pytest.approx([0.0, 1.5, 4.0], abs=0.002)
    assert all(
        shot.start_s <= frame.time_s <= shot.end_s for shot, frame in zip(result.shots, result.keyframes, strict=True)
    )


def test_a_video_that_starts_late_counts_from_its_first_frame(tmp_path: Path) -> None:
    times_s = [7.0 + i / 25 for i in range(50)]
    result = split(write_video(tmp_path / "a.mkv", held(A, 1.0) + held(B, 1.0), times_s=times_s), SETTINGS)
    assert [shot.start_s for shot in result.shots] == pytest.approx([0.0, 1.0], abs=0.002)
    assert result.media.duration_s == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize(("degrees", "turns"), [(90, 3), (180, 2), (270, 1)])
def test_keyframes_are_upright(tmp_path: Path, degrees: int, turns: int) -> None:
    path = write_video(tmp_path / "a.mp4", held(A, 1.0))
    turn(path, degrees)
    result = split(path, SETTINGS)
    upright = np.ascontiguousarray(np.rot90(A, turns))
    assert (result.media.height, result.media.width) == upright.shape[:2]
    assert looks_like(shown(result), upright)


def test_pixels_that_are_not_square_are_made_so(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(2)
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(A, format="rgb24").reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    result = split(path, SETTINGS)
    assert (result.media.width, result.media.height) == (2 * WIDTH, HEIGHT)
    assert shown(result).shape[:2] == (HEIGHT, 2 * WIDTH)


def test_large_frames_are_scaled_down(tmp_path: Path) -> None:
    result = split(write_video(tmp_path / "a.mp4", held(A, 0.4)), VideoSettings(keyframe_long_side_px=128))
    assert (result.keyframes[0].width, result.keyframes[0].height) == (72, 128)
    assert (result.media.width, result.media.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("a.mp4", "mpeg4", "yuv420p"),
        ("A.MOV", "libx264", "yuv420p"),
        ("a.mov", "libx265", "yuv420p10le"),
        ("a.mkv", "libx264", "yuv444p"),
        ("a.webm", "libvpx", "yuv420p"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.avi", "mpeg4", "yuv420p"),
        ("a.avi", "mjpeg", "yuvj420p"),
    ],
)
def test_the_usual_containers_and_codecs_are_read(tmp_path: Path, name: str, codec: str, pixel_format: str) -> None:
    frames = held(A, 1.0) + held(B, 1.0)
    path = write_video(tmp_path / name, frames, codec=codec, pixel_format=pixel_format)
    result = split(path.rename(tmp_path / "no suffix"), SETTINGS)
    assert [shot.start_s for shot in result.shots] == pytest.approx([0.0, 1.0], abs=0.002)
    assert len(result.keyframes) == 2


def test_images_are_videos_of_one_keyframe(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.JPEG", "a.png"):
        path = tmp_path / name
        path.write_bytes(cv2.imencode(".png" if name.endswith("png") else ".jpg", A[..., ::-1])[1].tobytes())
        result = split(path, SETTINGS)
        assert (result.media.kind, result.media.duration_s, len(result.keyframes)) == ("image", 0.0, 1)
        assert looks_like(shown(result), A)


def test_transparent_pixels_are_white(tmp_path: Path) -> None:
    pixels = np.dstack([A[..., ::-1], np.full((HEIGHT, WIDTH), 255, np.uint8)])
    pixels[: HEIGHT // 2, :, 3] = 0
    path = tmp_path / "a.png"
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    expected = A.copy()
    expected[: HEIGHT // 2] = 255
    assert looks_like(shown(split(path, SETTINGS)), expected)


def test_deep_and_grey_pictures_are_read(tmp_path: Path) -> None:
    grey = A.mean(axis=2).astype(np.uint8)
    for image in (grey, grey.astype(np.uint16) * 257):
        path = tmp_path / "a.png"
        path.write_bytes(cv2.imencode(".png", image)[1].tobytes())
        assert looks_like(shown(split(path, SETTINGS)), np.dstack([grey] * 3))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.touch()
    assert refusal(path).code is ErrorCode.EMPTY_FILE


@pytest.mark.parametrize(
    "content", [b"just some words\n", b"#EXTM3U\nhttp://127.0.0.1/a.ts\n", b"%PDF-1.7", b"\0" * 4096]
)
def test_what_is_no_media_is_refused_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert refusal(path).code is ErrorCode.NOT_MEDIA


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.avi"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_cut_off_video_is_refused(tmp_path: Path, name: str, share: float) -> None:
    codec = {"webm": "libvpx", "avi": "mpeg4"}.get(name[2:], "libx264")
    path = write_video(tmp_path / name, held(A, 1.0) + held(B, 1.0), codec=codec)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert refusal(path).code is ErrorCode.TRUNCATED


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_cut_off_video_whose_index_comes_first_is_refused(tmp_path: Path, share: float) -> None:
    path = write_video(tmp_path / "a.mp4", held(A, 1.0) + held(B, 1.0), options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert refusal(path).code is ErrorCode.TRUNCATED


@pytest.mark.parametrize(("name", "share"), [("a.jpg", 0.5), ("a.png", 0.5), ("a.jpg", 0.01), ("a.png", 0.0005)])
def test_a_cut_off_image_is_refused(tmp_path: Path, name: str, share: float) -> None:
    data = cv2.imencode(name[1:], A)[1].tobytes()
    path = tmp_path / name
    path.write_bytes(data[: max(int(len(data) * share), 16)])
    assert refusal(path).code is ErrorCode.TRUNCATED


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    error = refusal(write_sound(tmp_path / "a.mp4"))
    assert error.code is ErrorCode.NO_VIDEO_STREAM
    assert "audio" in error.message


def test_a_video_of_no_frame_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        container.start_encoding()
    assert refusal(path).code is ErrorCode.NO_FRAMES


def test_a_huge_frame_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", held(A, 0.4))
    patch_after(path, b"tkhd", 76, (16384 << 16).to_bytes(4, "big") * 2)
    error = refusal(path)
    assert error.code is ErrorCode.TOO_MANY_PIXELS
    assert "16384x16384" in error.message
    assert "REELWEAR_MAX_FRAME_PIXELS" in error.message


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_huge_image_is_refused_before_it_is_decoded(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(cv2.imencode(name[1:], A)[1].tobytes())
    if name == "a.png":
        patch_after(path, b"IHDR", 0, (16384).to_bytes(4, "big") * 2)
    else:
        patch_after(path, b"\xff\xc0", 3, (16384).to_bytes(2, "big") * 2)
    assert refusal(path).code is ErrorCode.TOO_MANY_PIXELS


def test_each_frame_is_held_against_the_limit_on_pixels(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", held(A, 0.4))
    assert refusal(path, VideoSettings(max_frame_pixels=WIDTH * HEIGHT - 1)).code is ErrorCode.TOO_MANY_PIXELS


def test_a_long_video_is_refused_by_its_header(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [A, A], times_s=[0.0, 10_800.0])
    error = refusal(path)
    assert error.code is ErrorCode.TOO_LONG
    assert "over the limit of 3600" in error.message


def test_a_video_of_too_many_frames_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", held(A, 1.0))
    assert refusal(path, VideoSettings(max_frames=24)).code is ErrorCode.TOO_LONG


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", held(A, 0.4))
    assert refusal(path, VideoSettings(max_size_bytes=1000)).code is ErrorCode.TOO_LARGE


def test_many_streams_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("mpeg4", rate=25) for _ in range(4)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for stream in streams:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(A, format="rgb24").reformat(format="yuv420p")))
            container.mux(stream.encode(None))
    assert refusal(path, VideoSettings(max_streams=3)).code is ErrorCode.TOO_MANY_STREAMS


def test_an_unknown_codec_is_refused_by_name(tmp_path: Path) -> None:
    error = refusal(write_video(tmp_path / "a.avi", held(A, 0.4), codec="huffyuv", pixel_format="yuv422p"))
    assert error.code is ErrorCode.UNSUPPORTED_CODEC
    assert "huffyuv" in error.message


def test_a_codec_without_decoder_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", held(A, 0.4))
    patch_after(path, b"stsd", 12, b"zzzz")
    assert refusal(path).code is ErrorCode.UNSUPPORTED_CODEC


def test_a_damaged_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 8)
    assert refusal(path).code in (ErrorCode.NOT_MEDIA, ErrorCode.TRUNCATED)
