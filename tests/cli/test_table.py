from hypothesis import given
from hypothesis import strategies as st

from ai_platform.cli.table import TextTable, text_of
from tests.examples import examples


def table(*rows):
    made = TextTable("Pools", ("pool", "layout"))
    for row in rows:
        made.add_row(*row)
    return made


def test_columns_are_as_wide_as_their_widest_cell():
    assert text_of([table(("h100", "6 whole"), ("l", "x")), "two pools"], 80).splitlines() == [
        "Pools",
        "┏━━━━━━┳━━━━━━━━━┓",
        "┃ pool ┃ layout  ┃",
        "┡━━━━━━╇━━━━━━━━━┩",
        "│ h100 │ 6 whole │",
        "│ l    │ x       │",
        "└──────┴─────────┘",
        "two pools",
    ]


def test_no_row_is_wider_than_the_terminal_and_no_word_is_lost():
    words = [f"word{n}" for n in range(30)]
    text = text_of([table(("h100", " ".join(words)))], 40)
    assert max(map(len, text.splitlines())) <= 40
    assert all(word in text for word in words)


def test_a_cell_of_several_lines_takes_several_rows():
    lines = text_of([table(("h100", "one\ntwo"), ("l40s", ""))], 80).splitlines()
    assert lines[4:7] == ["│ h100 │ one    │", "│      │ two    │", "│ l40s │        │"]


def test_a_table_without_rows_shows_its_head():
    assert "┃ pool ┃ layout ┃" in text_of([table()], 80)


def test_a_narrow_terminal_takes_the_blanks_first_and_breaks_no_amount():
    columns = ("team", "queue", "resource", "guaranteed", "borrowable", "USD a month")
    made = TextTable("Teams", columns)
    made.add_row("assistants", "assistants/default", "mig-2g.20gb", "12", "4", "1,123,772.69")
    lines = text_of([made], 60).splitlines()
    assert lines[5:7] == [
        "│assistants│assistants/│mig-   │12    │4      │1,123,772.69│",
        "│          │default    │2g.20gb│      │       │            │",
    ]


def test_lines_end_at_blanks_slashes_and_dashes_before_words_are_cut():
    text = text_of([table(("h100", "assistants/chat-small g6e.12xlarge"))], 23)
    assert [line[8:].strip(" │") for line in text.splitlines()[4:-1]] == [
        "assistants/",
        "chat-small",
        "g6e.12xlarge",
    ]


CELLS = st.text(st.sampled_from("abc12/-., "), max_size=30)


@examples(200)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=3), st.integers(12, 60))
def test_whatever_the_width_no_letter_is_lost_and_no_line_too_long(rows, width):
    lines = text_of([table(*rows)], width).splitlines()[1:]
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) <= width
    cells = [line.strip("┃│").replace("┃", "│").split("│") for line in lines if line[0] in "┃│"]
    for at, head in enumerate(("pool", "layout")):
        shown = "".join(part[at] for part in cells).replace(" ", "")
        assert shown == head + "".join(row[at] for row in rows).replace(" ", "")
