import asyncio

from tests import studio_load


def test_no_acknowledged_edit_is_lost_when_the_server_is_killed(tmp_path):
    place, told = studio_load.make_place(tmp_path, 6, side=256), studio_load.Told()
    after = [40, 90]

    def kills():
        return bool(after) and len(told.acknowledged) >= after[0] and bool(after.pop(0))

    peaks = asyncio.run(
        studio_load.run(place, told, lambda: len(told.acknowledged) >= 140, kills, rate=0, tiles=0)
    )
    assert len(peaks) == 3
    assert told.refused == []
    assert told.reconnected > 0
    assert studio_load.missing(place, told) == set()
    assert told.events > 0
