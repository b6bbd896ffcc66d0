from ai_platform.cli.table import TextTable, text_of


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
