from pathlib import Path

from ai_platform.policy.reference import reference

DOCS = Path(__file__).resolve().parents[2] / "docs" / "gates.md"


def test_the_docs_show_the_rules_of_the_code():
    """To write them again: put ``reference()`` between the two marks."""
    shown = DOCS.read_text().split("<!-- rules -->\n")[1]
    assert shown == reference()
