"""Adapters that peft saves for the tiny LLaMA, with peft's logits, losses and gradients.

Needs torch, transformers and peft: python make_fixtures.py
"""
import json
import pathlib
import shutil

import torch
import torch.distributed.tensor  # noqa: F401  (peft needs it imported)
from peft import (
    LoraConfig,
    PrefixTuningConfig,
    PromptEncoderConfig,
    PromptTuningConfig,
    TaskType,
    get_peft_model,
)
from transformers import AutoModelForCausalLM

here = pathlib.Path(__file__).parent
base = here.parent / "models" / "llama-gqa"
torch.manual_seed(0)
torch.set_grad_enabled(True)

prompts = [[5, 9, 2, 14], [7], [3, 3, 8, 20, 11, 6]]
causal = TaskType.CAUSAL_LM
cases = {
    "lora-qv": LoraConfig(task_type=causal, r=3, lora_alpha=6, target_modules=["q_proj", "v_proj"]),
    "lora-all": LoraConfig(
        task_type=causal, r=2, lora_alpha=3, use_rslora=True, layers_to_transform=[0, 2],
        layers_pattern="layers",
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]),
    "prompt-tuning": PromptTuningConfig(task_type=causal, num_virtual_tokens=4),
    "p-tuning": PromptEncoderConfig(task_type=causal, num_virtual_tokens=3, encoder_hidden_size=8),
    "prefix-tuning": PrefixTuningConfig(task_type=causal, num_virtual_tokens=3),
    "prefix-encoded": PrefixTuningConfig(
        task_type=causal, num_virtual_tokens=2, prefix_projection=True, encoder_hidden_size=8),
}
out = []
for name, config in cases.items():
    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), config).eval()
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    with torch.no_grad():
        for _, parameter in trained:
            parameter.copy_(0.4 * torch.randn_like(parameter))
    logits = []
    loss = 0.0
    for ids in prompts:
        ids = torch.tensor([ids])
        output = model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False)
        logits.append(output.logits[0, -1].tolist())
        loss = loss - torch.log_softmax(output.logits[0, -1], -1)[17] / len(prompts)
    loss.backward()
    gradients = {n: [round(x, 8) for x in p.grad.flatten().tolist()] for n, p in trained}
    folder = here / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    case = {"folder": name, "logits": logits, "loss": loss.item()}
    if name.startswith("lora"):
        case["gradients"] = gradients
    if name == "prompt-tuning":
        case["gradients"] = {"prompt_embeddings": next(iter(gradients.values()))}
    if name == "prefix-tuning":
        case["gradients"] = {"prompt_embeddings": next(iter(gradients.values()))}
    out.append(case)
    path = folder / "adapter_config.json"
    saved = json.loads(path.read_text())
    saved["base_model_name_or_path"] = "llama-gqa"
    path.write_text(json.dumps(saved, indent=1, sort_keys=True) + "\n")
(here / "expected.json").write_text(
    json.dumps({"prompts": prompts, "target": 17, "cases": out}) + "\n")
