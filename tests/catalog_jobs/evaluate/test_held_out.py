from catalog_jobs.evaluate.held_out import is_held_out


def test_one_of_seven_names_is_held_out_and_always_the_same() -> None:
    names = [f"{index:05d}.jpg" for index in range(7000)]
    assert 900 < sum(map(is_held_out, names)) < 1100
    assert (is_held_out("a.jpg"), is_held_out("d.jpg")) == (False, True)
