from pathlib import Path

from ai_platform.schema import schema, schema_text

FILE = Path(__file__).parents[1] / "docs" / "environment.schema.json"


def test_schema_in_the_docs_is_the_one_of_the_code():
    """To write it again: ``FILE.write_text(schema_text())``."""
    assert FILE.read_text() == schema_text()


def test_every_key_says_what_it_means():
    models = [schema(), *schema()["$defs"].values()]
    keys = [
        (model["title"], name, key) for model in models for name, key in model.get("properties", {}).items()
    ]
    assert keys
    assert not [(title, name) for title, name, key in keys if not key.keys() & {"description", "$ref"}]
