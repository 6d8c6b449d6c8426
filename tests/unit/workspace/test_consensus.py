"""A consensus: from a table to tables and a page, whatever the table is like."""

import json

import numpy as np
import pandas as pd
import pytest

from nuclarium.core.errors import InputNotFoundError, NuclariumError, OutputError, SettingsError
from nuclarium.workspace.consensus import ConsensusSettings, chosen_columns, consensus_of
from nuclarium.workspace.consensus_aliases import KEY, alias_raters
from nuclarium.workspace.project import Project

QUICK = ConsensusSettings(keep_aliases=True, resamples=20, repetitions=2)
NAMED = ConsensusSettings(resamples=20, repetitions=2)
NAMES = ("Ada Lovelace", "Grace-Hopper", "Rosalind", "Lise")
TABLES = {
    "truth",
    "raters",
    "scores",
    "confusions",
    "agreement",
    "pairs",
    "disputed",
    "answers",
    "simulation",
}


def answers(items=12, raters=("R1", "R2", "R3"), labels=("tumor", "fibroblast"), wrong=0.2, seed=0):
    """A table in which raters err at random."""
    rng = np.random.default_rng(seed)
    true = rng.integers(len(labels), size=items)
    rows = []
    for i in range(items):
        for rater in raters:
            said = rng.integers(len(labels)) if rng.random() < wrong else true[i]
            rows.append((f"i{i}", rater, labels[said]))
    return pd.DataFrame(rows, columns=["item", "rater", "label"])


def marks(raters=("R1", "R2", "R3"), fields=("f1", "f2", "f3")):
    """A table of boxes: two nuclei a field, one of which the last rater overlooks."""
    rows = []
    for field in fields:
        for r, rater in enumerate(raters):
            rows.append((field, rater, "tumor", 10 + r, 10, 30 + r, 30))
            if r < len(raters) - 1:
                rows.append((field, rater, "lymphocyte", 50, 50 + r, 60, 60 + r))
    return pd.DataFrame(rows, columns=["field", "rater", "label", "xmin", "ymin", "xmax", "ymax"])


def written(table, tmp_path, name="ratings.csv"):
    (tmp_path / "study").mkdir(exist_ok=True)
    path = tmp_path / "study" / name
    table.to_csv(path, index=False)
    return path


def consensus(table, tmp_path, settings=QUICK, **options):
    return consensus_of(written(table, tmp_path), tmp_path / "out", settings, **options)


def everything_in(folder):
    return "".join(p.read_text("utf-8") for p in sorted(folder.rglob("*")) if p.is_file())


def test_answers_become_tables_a_record_and_a_page(tmp_path):
    result = consensus(answers(), tmp_path)
    assert {p.stem for p in (tmp_path / "out").glob("*.csv")} == TABLES
    truth = pd.read_csv(tmp_path / "out" / "truth.csv")
    np.testing.assert_allclose(truth[["p_tumor", "p_fibroblast"]].sum(axis=1), 1)
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert record["settings"]["seed"] == 0
    assert len(record["table"]["sha256"]) == 64
    page = result.page.read_text("utf-8")
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_same_seed_gives_the_same_files(tmp_path):
    first = consensus(answers(), tmp_path)
    before = {p.name: p.read_bytes() for p in first.folder.glob("*.csv")}
    again = consensus(answers(), tmp_path, overwrite=True)
    assert {p.name: p.read_bytes() for p in again.folder.glob("*.csv")} == before


def test_marks_become_nuclei_with_boxes(tmp_path):
    consensus(marks(), tmp_path)
    truth = pd.read_csv(tmp_path / "out" / "truth.csv")
    assert len(truth) == 6
    nuclei = pd.read_csv(tmp_path / "out" / "truth_marks.csv")
    assert set(nuclei["label"]) == {"tumor", "lymphocyte"}
    tumor = nuclei[(nuclei["field"] == "f1") & (nuclei["label"] == "tumor")].iloc[0]
    assert tuple(tumor[["xmin", "ymin", "xmax", "ymax"]]) == (11, 10, 31, 30)
    raters = pd.read_csv(tmp_path / "out" / "raters.csv").set_index("rater")
    assert raters.loc["R3", "detection_recall"] == 0.5
    assert raters.loc["R1", "detection_recall"] == 1


def test_items_with_boxes_keep_their_names_and_get_places(tmp_path):
    table = answers().assign(field="f1", xmin="", ymin="", xmax="", ymax="")
    number = table["item"].factorize()[0]
    table["xmin"], table["xmax"] = (number * 20).astype(str), (number * 20 + 10).astype(str)
    table["ymin"], table["ymax"] = "3", "9"
    consensus(table, tmp_path)
    out = tmp_path / "out"
    truth = pd.read_csv(out / "truth.csv")
    assert set(truth["item"]) == set(table["item"])
    assert dict(zip(truth["item"], truth["xmin"], strict=True)) == {
        item: number * 20 for number, item in enumerate(dict.fromkeys(table["item"]))
    }
    assert len(pd.read_csv(out / "truth_marks.csv")) == table["item"].nunique()


def test_an_item_in_two_fields_is_refused(tmp_path):
    table = answers().assign(xmin="0", ymin="0", xmax="9", ymax="9")
    table["field"] = ["f1", "f2"] * (len(table) // 2)
    with pytest.raises(SettingsError, match="must have one field"):
        consensus(table, tmp_path)


def test_nuclei_of_the_truth_are_a_table_of_marks_again(tmp_path):
    from nuclarium.raters.read_marks import read_marks

    consensus(marks(), tmp_path)
    table = pd.read_csv(tmp_path / "out" / "truth_marks.csv", keep_default_na=False)
    assert len(read_marks(table.assign(rater="consensus"))) == 6


def test_raters_of_one_group_are_judged_by_the_truth_of_another(tmp_path):
    table = answers(30, ("P1", "P2", "P3", "N1", "N2"), wrong=0.1)
    table["group"] = table["rater"].str[0]
    settings = ConsensusSettings(
        keep_aliases=True, resamples=20, repetitions=2, group=("N",), truth_group=("P",)
    )
    result = consensus(table, tmp_path, settings)
    assert set(result.measures.raters["rater"]) == {"N1", "N2"}
    assert result.measures.truth.raters == ("P1", "P2", "P3")
    assert not result.measures.raters["in_truth"].any()
    assert set(pd.read_csv(tmp_path / "out" / "groups.csv")["group"]) == {"N"}
    assert "inferred from P" in result.page.read_text("utf-8")


def test_levels_of_classes_are_rolled_up(tmp_path):
    table = answers(20, labels=("tumor", "mitotic_figure", "lymphocyte", "correction_plasma_cell"))
    result = consensus(table, tmp_path)
    assert list(result.measures.agreement["level"].unique()) == ["raw", "main", "super"]
    assert "plasma_cell" in result.measures.truth.labels
    settings = ConsensusSettings(keep_aliases=True, resamples=20, repetitions=2, level="super")
    rolled = consensus(table, tmp_path, settings, overwrite=True)
    assert set(rolled.measures.judged.labels) == {"tumor_any", "sTIL"}


def test_arms_are_compared_with_themselves_and_one_is_judged(tmp_path):
    first, second = answers(seed=0), answers(seed=0)[:-3]
    table = pd.concat([first.assign(arm="plain"), second.assign(arm="helped")])
    result = consensus(table, tmp_path)
    assert result.record["arm"] == "plain"
    assert "2 arms" in result.record["remarks"][0]
    repeats = pd.read_csv(tmp_path / "out" / "repeats.csv")
    assert set(repeats["other_arm"]) == {"helped"}
    assert (repeats["percent"] == 1).all()
    with pytest.raises(SettingsError, match=r"arms are helped, plain, but got neither\."):
        consensus(table, tmp_path, ConsensusSettings(arm="neither"), overwrite=True)


def test_a_project_records_its_consensus(tmp_path):
    project = Project.create(tmp_path / "lab")
    (project.folder / "ratings").mkdir()
    answers().to_csv(project.folder / "ratings" / "monday.csv", index=False)
    consensus_of(project.folder, project.folder / "consensus", QUICK, command="typed")
    last = project.records()[-1]
    assert last["what"] == "consensus"
    assert list(last["inputs"]) == ["ratings/monday.csv"]
    assert "consensus/index.html" in last["outputs"]


def test_a_disputed_nucleus_is_shown_with_its_pixels(tmp_path, rng):
    import cv2

    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "f1.png"), rng.integers(0, 255, (90, 80, 3), np.uint8))
    result = consensus(marks(), tmp_path, images=tmp_path / "images")
    page = result.page.read_text("utf-8")
    assert page.count("data:image/webp") == 2
    assert any("2 fields have no image" in text for text in result.record["remarks"])


# Names of raters


def names_table():
    table = answers(10, NAMES, seed=2)
    table["group"] = np.where(table["rater"].isin(NAMES[:2]), "pathologist", "non-pathologist")
    table["item"] = table["item"].where(table["item"] != "i3", "slide_of_rosalind_3")
    table["field"] = table["item"].map(lambda item: f"Grace-Hopper {item[-1]}")
    return table


def test_no_name_of_a_rater_is_in_what_is_written(tmp_path):
    out = tmp_path / "out"
    path = written(names_table(), tmp_path, "from Lise.csv")
    consensus_of(path, out, NAMED, command=f"nuclarium consensus '{path}' --out out")
    text = everything_in(out).lower()
    for name in NAMES:
        assert name.lower() not in text
    raters = pd.read_csv(out / "raters.csv")
    assert set(raters["rater"]) == {"P1", "P2", "NP1", "NP2"}


def test_no_name_is_in_the_dataset_of_marks_either(tmp_path, rng):
    import cv2

    (tmp_path / "images").mkdir()
    pixels = rng.integers(0, 255, (90, 80, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "images" / "field of Rosalind.png"), pixels)
    table = marks(NAMES, fields=("field of Rosalind", "f2"))
    result = consensus(table, tmp_path, NAMED, images=tmp_path / "images")
    assert result.page.read_text("utf-8").count("data:image/webp") == 2
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert any(path.parent.name == "images" for path in files)
    for path in files:
        content = f"{path}".encode().lower() + path.read_bytes().lower()
        for name in NAMES:
            # "Lise" alone could come about by chance in compressed pixels.
            assert len(name) < 5 or name.lower().encode() not in content, path


def test_the_key_stays_beside_the_table_and_keeps_aliases_the_same(tmp_path):
    first = consensus(names_table(), tmp_path, NAMED)
    key = pd.read_csv(tmp_path / "study" / KEY).set_index("rater")["alias"]
    assert first.key == tmp_path / "study" / KEY
    assert set(key.index) == set(NAMES)
    more = pd.concat([names_table(), answers(10, ["Emmy"], seed=3)])
    table = more.drop(columns=["group", "field"])
    consensus(table, tmp_path, NAMED, overwrite=True)
    later = pd.read_csv(tmp_path / "study" / KEY).set_index("rater")["alias"]
    assert (later[key.index] == key).all()
    assert later["Emmy"] == "R1"


def test_aliases_of_the_lab_are_taken(tmp_path):
    path = written(names_table(), tmp_path)
    lab = pd.DataFrame({"rater": NAMES, "alias": ["A", "B", "C", "D"]})
    lab.to_csv(path.with_name("raters.csv"), index=False)
    consensus_of(path, tmp_path / "out", NAMED)
    assert set(pd.read_csv(tmp_path / "out" / "raters.csv")["rater"]) == set("ABCD")
    assert not (path.parent / KEY).exists()


def test_the_key_may_not_lie_in_the_output(tmp_path):
    path = written(names_table(), tmp_path)
    with pytest.raises(OutputError, match="must be new or empty"):
        consensus_of(path, tmp_path / "study", NAMED)
    with pytest.raises(SettingsError, match="--out must not be a folder that holds the table"):
        alias_raters(names_table(), tmp_path / "study", tmp_path, keep=False)


def test_two_raters_with_one_alias_are_refused(tmp_path):
    path = written(names_table(), tmp_path)
    lab = pd.DataFrame({"rater": NAMES, "alias": ["A", "B", "B", "D"]})
    lab.to_csv(path.with_name("raters.csv"), index=False)
    with pytest.raises(SettingsError, match="two of the table of aliases share"):
        consensus_of(path, tmp_path / "out", NAMED)


def test_order_of_names_does_not_tell_aliases(tmp_path):
    table = pd.DataFrame({"rater": [f"name{i:02d}" for i in range(40)]})
    (tmp_path / "study").mkdir()
    made = alias_raters(
        table, tmp_path / "study", tmp_path / "out", keep=False, rng=np.random.default_rng(0)
    ).aliases
    assert sorted(made.values()) == [f"R{i:02d}" for i in range(1, 41)]
    assert list(made.values()) != sorted(made.values())


# Odd input


def remarks(table, tmp_path, settings=QUICK):
    return " ".join(consensus(table, tmp_path, settings).record["remarks"])


def more(table, *rows):
    return pd.concat([table, pd.DataFrame(rows, columns=table.columns)])


def test_repeated_answers_are_told(tmp_path):
    assert "2 answers repeat" in remarks(
        more(answers(), ("i0", "R1", "tumor"), ("i0", "R1", "tumor")), tmp_path
    )


def test_a_rater_with_one_answer_is_told(tmp_path):
    assert "R9 gave at most one answer" in remarks(more(answers(), ("i0", "R9", "tumor")), tmp_path)


def test_an_item_without_an_answer_has_no_truth(tmp_path):
    assert "1 of 13 items have no answer" in remarks(more(answers(), ("i99", "R1", "")), tmp_path)
    truth = pd.read_csv(tmp_path / "out" / "truth.csv").set_index("item")
    assert np.isnan(truth.loc["i99", "confidence"])


def test_a_label_that_no_hierarchy_has_is_told(tmp_path):
    said = remarks(more(answers(), ("i0", "R1", "martian")), tmp_path)
    assert "Some labels are classes of nucls, but martian is not" in said
    with pytest.raises(SettingsError, match="it lacks martian"):
        consensus(
            more(answers(), ("i0", "R1", "martian")),
            tmp_path,
            ConsensusSettings(hierarchy="nucls"),
            overwrite=True,
        )


def test_raters_who_are_all_alike_are_told(tmp_path):
    assert "All raters gave the same answers" in remarks(answers(wrong=0), tmp_path)


def test_raters_who_all_guess_are_told(tmp_path):
    assert "no better than by chance" in remarks(answers(100, wrong=1), tmp_path)


def test_one_label_one_rater_and_one_item_give_a_page(tmp_path):
    assert "undefined" in remarks(answers(labels=["tumor"]), tmp_path)
    for i, table in enumerate((answers(raters=["R1"]), answers(1), answers(1, ["R1"]))):
        path = written(table, tmp_path, f"{i}.csv")
        assert consensus_of(path, tmp_path / f"out{i}", QUICK).page.exists()


def test_too_many_labels_are_judged_by_skill_alone(tmp_path):
    table = answers(600, labels=[f"c{i}" for i in range(400)])
    settings = ConsensusSettings(keep_aliases=True, resamples=20, method="majority")
    said = remarks(table, tmp_path, settings)
    assert "more than 200: raters are judged by their skill alone" in said
    assert (tmp_path / "out" / "truth.csv").exists()


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ((np.inf, 1, 2, 3), "not finite"),
        ((30, 1, 20, 3), "negative size"),
        (("a", 1, 20, 3), "'a' for xmin, not a number"),
        ((np.nan, 1, 20, 3), "missing"),
    ],
)
def test_a_box_that_is_none_is_named_by_its_row(box, said, tmp_path):
    table = marks().astype(object)
    with pytest.raises(SettingsError, match=said) as error:
        consensus(more(table, ("f1", "R1", "tumor", *box)), tmp_path)
    assert "row 17" in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must begin with a row of column names"),
        ("item,rater,label\n", "must have at least one row"),
        ("item,rater,label\ni,r,\n", "must have at least one answer"),
        ("name,who,what\n1,2,3\n", "it has name, who, what: item, rater and label are missing"),
        ("field,rater,label,x\n1,2,3,4\n", "xmin, ymin, xmax and ymax are missing"),
        ("field,rater,label,xmin,ymin,xmax,ymax\nf,r,,,,,\n", "at least one mark"),
        ("item,rater,label,group\na,r,x,g\nb,r,x,h\n", "must have one group"),
    ],
)
def test_a_table_that_is_none_is_one_sentence(text, said, tmp_path):
    (tmp_path / "t.csv").write_text(text, "utf-8")
    with pytest.raises(NuclariumError, match=said):
        consensus_of(tmp_path / "t.csv", tmp_path / "out", QUICK)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_semicolons_and_other_encodings_are_read(encoding, tmp_path):
    text = answers(labels=("Größe", "Zelle")).to_csv(index=False).replace(",", ";")
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    result = consensus_of(tmp_path / "t.csv", tmp_path / "out", QUICK)
    assert set(result.measures.truth.labels) == {"Größe", "Zelle"}


def test_a_folder_must_hold_one_table(tmp_path):
    with pytest.raises(InputNotFoundError, match="no table at all"):
        consensus_of(tmp_path, tmp_path / "out", QUICK)
    written(answers(), tmp_path, "a.csv")
    written(answers(), tmp_path, "b.csv")
    with pytest.raises(SettingsError, match=r"holds 2: a\.csv, b\.csv"):
        consensus_of(tmp_path / "study", tmp_path / "out", QUICK)


def test_columns_may_have_other_names(tmp_path):
    table = answers().rename(columns={"item": "task", "rater": "worker"})
    settings = ConsensusSettings(
        keep_aliases=True,
        resamples=20,
        repetitions=2,
        columns=chosen_columns(["item=task", "rater=worker"]),
    )
    assert len(consensus(table, tmp_path, settings).measures.raters) == 3
    with pytest.raises(SettingsError, match="such as item=task, but got task"):
        chosen_columns(["task"])


def test_an_earlier_consensus_is_replaced_only_if_asked_for(tmp_path):
    consensus(answers(), tmp_path)
    with pytest.raises(OutputError, match="Add --overwrite"):
        consensus(answers(), tmp_path)
    (tmp_path / "out" / "run.json").unlink()
    with pytest.raises(OutputError, match="holds other files"):
        consensus(answers(), tmp_path, overwrite=True)
