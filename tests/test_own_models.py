"""Models that a description brings with it."""

import json
from pathlib import Path

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.description import read
from ai_platform.environment import load
from ai_platform.plan import make_plan

LOCAL = (Path(__file__).parents[1] / "stacks" / "local.yaml").read_text()
HOUSE = {
    "architectures": ["Qwen3ForCausalLM"], "hidden_size": 2560, "num_hidden_layers": 36,
    "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 9728,
    "vocab_size": 151936, "max_position_embeddings": 65536, "tie_word_embeddings": True,
}  # fmt: skip


def described(folder, models, config=HOUSE):
    (folder / "house.json").write_text(json.dumps(config))
    file = folder / "local.yaml"
    file.write_text(f"{LOCAL.replace('model: qwen3-4b', 'model: house-4b')}\nmodels:\n{models}\n")
    return file


FROM_FILE = "  - {name: house-4b, config: house.json, source: house/model-4b}"


def test_an_endpoint_serves_a_model_from_its_config(tmp_path):
    _, plan = read(described(tmp_path, FROM_FILE))
    endpoint = plan.endpoints[0]
    assert endpoint.model == "house-4b"
    assert "--model=house/model-4b" in endpoint.arguments
    assert endpoint.kv_cache_tokens > 60_000


def test_the_content_of_the_file_may_stand_in_the_description(tmp_path):
    inline = f"  - name: house-4b\n    source: house/model-4b\n    config: {json.dumps(HOUSE)}"
    from_file = read(described(tmp_path, FROM_FILE))[1]
    assert read(described(tmp_path, inline))[1].digest == from_file.digest


def test_a_model_of_the_catalog_can_be_replaced(tmp_path):
    models = FROM_FILE.replace("house-4b", "llama-3.3-70b") + "\n" + FROM_FILE
    large = read(described(tmp_path, models))[1].endpoints[1]
    assert "--model=house/model-4b" in large.arguments


@pytest.mark.parametrize(
    ("models", "config", "path"),
    [
        (FROM_FILE.replace("house.json", "nowhere.json"), HOUSE, "models[0].config"),
        (FROM_FILE, {"architectures": ["Unheard"]}, "models[0].config.architectures"),
        (FROM_FILE, {**HOUSE, "hidden_size": -1}, "models[0].config.hidden_size"),
        (f"{FROM_FILE}\n{FROM_FILE}", HOUSE, "models[1].name"),
        (FROM_FILE.replace("house-4b", "House"), HOUSE, "models[0].name"),
    ],
)
def test_a_wrong_model_is_named_with_its_line(tmp_path, models, config, path):
    file = described(tmp_path, models, config)
    with pytest.raises(InvalidInput) as caught:
        read(file)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert problem.line is not None
    assert "models:" in "\n".join(file.read_text().splitlines()[: problem.line])


def test_a_description_without_its_file_says_so(tmp_path):
    environment = load(described(tmp_path, FROM_FILE))
    unread = environment.models[0].model_copy(update={"config": "house.json"})
    with pytest.raises(InvalidInput, match="read the description from its file"):
        make_plan(environment.model_copy(update={"models": [unread]}))
