"""A long table is read back as it was."""

import numpy as np
import pandas as pd

from nuclarium.io.write import write_long_table


def test_written_table_is_read_back(tmp_path, rng):
    table = pd.DataFrame(
        {
            "image": ["a", 'b, "c"', "ä"],
            "is_compared": [True, False, True],
            "area_um2": [*rng.random(2), np.nan],
            "label": [1, 2, 3],
        }
    )
    write_long_table(tmp_path / "t.csv", table)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "t.csv"), table)
