import pytest

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.profiles import device_memory_mib
from ai_platform.serving.fit import fit
from ai_platform.serving.memory import Adapters
from ai_platform.serving.models import MODELS
from ai_platform.serving.precision import Precision
from ai_platform.serving.vllm_arguments import vllm_arguments


def sized(name, *, gpu=GpuName.H100_80GB, **options):
    options.setdefault("context_length", 8192)
    return fit(MODELS[name], gpu=gpu, device_memory_mib=device_memory_mib(gpu), **options)


def test_vllm_is_told_every_memory_setting():
    result = sized("llama-3.3-70b", tensor_parallel=2, concurrency=2)
    assert vllm_arguments(result) == (
        "--model=meta-llama/Llama-3.3-70B-Instruct",
        "--served-model-name=llama-3.3-70b",
        "--port=8080",
        "--tensor-parallel-size=2",
        "--max-model-len=8192",
        "--max-num-seqs=2",
        "--max-num-batched-tokens=2048",
        "--gpu-memory-utilization=0.92",
        "--kv-cache-dtype=auto",
    )


def test_a_bf16_model_in_fp8_is_quantised_while_it_loads_unless_a_checkpoint_is_given():
    result = sized("llama-3.1-8b", precision=Precision.FP8, kv_cache_precision=Precision.FP8)
    assert "--quantization=fp8" in vllm_arguments(result)
    assert "--kv-cache-dtype=fp8" in vllm_arguments(result)
    assert "--quantization=fp8" not in vllm_arguments(result, model_path="/models/llama-fp8")


def test_a_native_fp8_or_mxfp4_model_needs_no_quantization():
    result = sized("gpt-oss-20b")
    assert not any(argument.startswith("--quantization") for argument in vllm_arguments(result))


def test_a_checkpoint_that_names_an_fp8_cache_does_not_get_one_unasked():
    """NVIDIA's NVFP4 checkpoints name one, which vLLM 0.33.0 takes for "auto" also on GPUs without fp8."""
    result = sized("gemma-4-31b-nvfp4", gpu=GpuName.A100_80GB)
    assert "--kv-cache-dtype=bfloat16" in vllm_arguments(result)
    assert "--kv-cache-dtype=auto" in vllm_arguments(sized("llama-3.1-8b-awq", gpu=GpuName.T4))


def test_a_cache_counted_in_bf16_is_not_left_to_what_vllm_takes_by_itself():
    result = sized("glm-5-fp8", gpu=GpuName.B300, tensor_parallel=8)
    assert "--kv-cache-dtype=bfloat16" in vllm_arguments(result)


def test_four_bits_of_a_bf16_model_need_a_checkpoint():
    result = sized("llama-3.1-8b", precision=Precision.INT4)
    with pytest.raises(ValueError, match="give the path of a checkpoint"):
        vllm_arguments(result)
    assert "--model=/models/llama-awq" in vllm_arguments(result, model_path="/models/llama-awq")


def test_turing_runs_in_half_precision():
    assert "--dtype=half" in vllm_arguments(sized("qwen3-0.6b", gpu=GpuName.T4))


def test_a_model_that_does_not_fit_gets_no_arguments():
    with pytest.raises(ValueError, match="does not fit"):
        vllm_arguments(sized("llama-3.1-405b"))


def test_parallel_sizes_and_adapters_are_passed_on():
    result = sized(
        "llama-3.1-8b", tensor_parallel=2, pipeline_parallel=2, adapters=Adapters(4, 32), precision=None
    )
    arguments = vllm_arguments(result)
    assert "--tensor-parallel-size=2" in arguments
    assert "--pipeline-parallel-size=2" in arguments
    assert {"--enable-lora", "--max-loras=4", "--max-lora-rank=32"} <= set(arguments)


def test_experts_are_spread_where_their_fp8_blocks_cannot_be_split():
    assert "--enable-expert-parallel" in vllm_arguments(sized("qwen3-30b-a3b-fp8", tensor_parallel=4))
