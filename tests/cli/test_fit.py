"""``ai-platform fit``: what it prints and what it refuses."""

import json
from pathlib import Path

import pytest

from ai_platform.cli import main as cli
from ai_platform.cli import output
from ai_platform.serving.models import MODELS

LOCAL = str(Path(__file__).parents[2] / "stacks" / "local.yaml")
DOCS = Path(__file__).parents[2] / "docs" / "model-fit.md"


def run(capsys, *arguments):
    status = cli.main(["fit", *arguments])
    return status, *capsys.readouterr()


def test_without_an_environment_the_whole_catalog_is_looked_at(capsys):
    status, out, _ = run(capsys, "qwen3-4b", "--context", "16k", "--concurrency", "2")
    assert status == 0
    assert "g2-standard-4" in out
    assert "more choices: --all" in out
    assert "--max-model-len=16384" in out


def test_the_pools_of_an_environment_are_looked_at_as_they_are_cut(capsys):
    status, out, _ = run(
        capsys, "qwen3-4b", "--context", "16k", "--concurrency", "2", "--env", LOCAL, "--json"
    )
    assert status == 0
    found = json.loads(out)["choices"]
    assert (found[0]["place"], found[0]["mig_profile"], found[0]["usd_per_hour"]) == (
        "h100",
        "2g.20gb",
        "1.8347",
    )
    assert {choice["mig_profile"] for choice in found} <= {None, "1g.10gb", "2g.20gb", "3g.40gb"}


def test_a_narrow_terminal_has_the_place_below_the_devices(capsys, monkeypatch):
    monkeypatch.setattr(output, "PIPE_WIDTH", 80)
    _, out, _ = run(capsys, "qwen3-30b-a3b-fp8", "--context", "32k", "--concurrency", "8", "--env", LOCAL)
    assert "…" not in out
    assert max(map(len, out.split("vLLM for")[0].splitlines())) <= 80
    lines = [line.split() for line in out.splitlines()]
    first = lines.index(["2", "×", "L40S", "14.5", "22.7", "495,200", "15", "40,960", "5.25"])
    assert lines[first + 1] == ["l40s,", "2", "×", "1"]


def test_a_long_name_of_a_pool_is_folded_and_no_number_cut(capsys, monkeypatch, tmp_path):
    file, name = tmp_path / "long.yaml", "a-pool-whose-name-has-forty-characters-x"
    file.write_text(
        f"name: long\ncluster: {{provider: simulated}}\nregion: us-east-1\n"
        f"node_pools: [{{name: {name}, machine: g6e.12xlarge}}]\nteams: [{{name: a}}]\n"
    )
    monkeypatch.setattr(output, "PIPE_WIDTH", 80)
    _, out, _ = run(capsys, "qwen3-8b", "--env", str(file))
    table = out.split("cache, weights:")[0]
    assert "…" not in table
    assert name in table.replace("\n", "").replace(" ", "")


def test_nothing_fits_is_a_status_with_the_nearest_miss(capsys):
    status, out, _ = run(capsys, "llama-3.1-405b", "--env", LOCAL)
    assert status == 1
    assert "nothing fits" in out
    assert "MiB" in out
    assert "what would help: fp8 weights" not in out


def test_reasons_other_than_memory_are_said(capsys):
    status, out, _ = run(capsys, "qwen3-4b", "--context", "1m")
    assert status == 1
    assert "reads at most 40960 tokens, not 1048576" in out


def test_pools_that_offer_nothing_to_a_model_are_said(capsys, tmp_path):
    file = tmp_path / "shared.yaml"
    pool = "{name: l40s, machine: g6e.12xlarge, sharing: {strategy: mps, replicas: 3}}"
    file.write_text(
        f"name: shared\ncluster: {{provider: simulated}}\nnode_pools: [{pool}]\nteams: [{{name: a}}]\n"
    )
    assert cli.main(["fit", "qwen3-4b", "--env", str(file)]) == 1
    assert "no whole GPU and no MIG device is offered" in capsys.readouterr().out


def test_a_rank_that_vllm_cannot_take_is_refused_with_those_it_takes(capsys):
    with pytest.raises(SystemExit):
        cli.main(["fit", "qwen3-4b", "--lora-rank", "7"])
    assert "LoraRank" not in capsys.readouterr().err


def test_a_precision_that_is_not_known_is_refused_with_those_that_are(capsys):
    with pytest.raises(SystemExit):
        cli.main(["fit", "qwen3-4b", "--precision", "int5"])
    assert "choose from 'bf16', 'fp8', 'int8'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "house model", "house\x1b[31m"])
def test_a_model_of_ones_own_has_a_name_that_vllm_can_load(capsys, tmp_path, name):
    status, _, err = run(capsys, name, "--config", str(tmp_path / "config.json"))
    assert status == 2
    assert "MODEL" in err


def test_an_unknown_model_gets_the_closest_names(capsys):
    status, _, err = run(capsys, "qwen-3-4b")
    assert status == 2
    assert "did you mean qwen3-4b" in err


def test_a_model_of_ones_own_comes_from_its_config(capsys, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps(
            {
                "architectures": ["Qwen3ForCausalLM"], "hidden_size": 2560, "num_hidden_layers": 36,
                "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151936,
                "intermediate_size": 9728, "max_position_embeddings": 65536, "tie_word_embeddings": True,
            }
        )
    )  # fmt: skip
    status, out, _ = run(capsys, "house/model-4b", "--config", str(config), "--context", "64k", "--json")
    assert status == 0
    assert "--model=house/model-4b" in json.loads(out)["choices"][0]["arguments"]
    config.write_text('{"architectures": ["Unheard"]}')
    status, _, err = run(capsys, "house/model-4b", "--config", str(config))
    assert status == 2
    assert "Unheard" in err


def test_a_format_that_vllm_cannot_make_is_said_beside_the_choice(capsys):
    status, out, _ = run(capsys, "llama-3.1-8b", "--precision", "int4")
    assert status == 0
    assert "give the path of a checkpoint" in " ".join(out.split())


def test_adapters_are_counted(capsys):
    _, out, _ = run(capsys, "llama-3.1-8b", "--adapters", "8", "--lora-rank", "64", "--env", LOCAL, "--json")
    assert "--max-loras=8" in json.loads(out)["choices"][0]["arguments"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--context", "0"],
        ["--context", "12q"],
        ["--concurrency", "-1"],
        ["--precision", "fp2"],
        ["--lora-rank", "17"],
    ],
)
def test_senseless_arguments_are_refused(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        cli.main(["fit", "qwen3-4b", *arguments])
    assert caught.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_docs_count_the_models_that_are_built_in():
    assert f"{len(MODELS)} models are built in" in DOCS.read_text()


@pytest.mark.parametrize("command", ["fit qwen3-30b-a3b", "fit llama-3.3-70b"])
def test_the_docs_show_what_the_command_prints(capsys, command):
    text = DOCS.read_text()
    line = next(line for line in text.splitlines() if line.startswith(f"$ ai-platform {command}"))
    arguments = line.removeprefix("$ ai-platform fit ").split()
    shown = text.split(f"{line}\n", 1)[1].split("```", 1)[0]
    _, out, _ = run(capsys, *[LOCAL if argument == "local" else argument for argument in arguments])
    assert [line.rstrip() for line in out.strip().splitlines()] == shown.rstrip().splitlines()


def test_a_rank_without_adapters_is_refused(capsys):
    status, _, err = run(capsys, "qwen3-4b", "--lora-rank", "32")
    assert status == 2
    assert "--lora-rank: got 32; expected adapters of that rank; fix: say how many: --adapters N" in err


def test_a_misspelt_model_is_told_the_likely_ones_and_not_all(capsys):
    status, _, err = run(capsys, "llama3.1-8b")
    assert status == 2
    assert err.rstrip().endswith("did you mean llama-3.1-8b or llama-3.1-70b or llama-3.1-8b-awq?")
    assert "gpt-oss-20b" not in err
    assert "gpt-oss-20b" in run(capsys, "zz")[2]
