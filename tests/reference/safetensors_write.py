#!/usr/bin/env python3
"""Writes torch.safetensors: the state dict of a PyTorch module, and a tensor of each other type that is read.

By the format's description alone (https://github.com/huggingface/safetensors#format), in the order of Hugging Face's writer:
wide elements first, then by name.

    /usr/bin/python3 tests/reference/safetensors_write.py
"""
import json
import pathlib
import struct

import torch

DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.int32: "I32", torch.int16: "I16",
          torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL", torch.float16: "F16", torch.bfloat16: "BF16"}


def content(tensor):
    return bytes(tensor.contiguous().view(-1).view(torch.uint8).tolist()) if tensor.dtype != torch.bool \
        else bytes(tensor.view(-1).tolist())


model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
with torch.no_grad():  # numbers that are known without running PyTorch
    model[0].weight.copy_(torch.arange(6).reshape(2, 3) / 4 - 0.5)
    model[0].bias.copy_(torch.tensor([0.125, -3.0]))
    model[1].running_mean.copy_(torch.tensor([1e-3, 7.0]))
    model[1].num_batches_tracked.fill_(42)
tensors = dict(model.state_dict())
tensors["double"] = torch.tensor([[0.1], [-1e300]], dtype=torch.float64)
tensors["scalar"] = torch.tensor(2.5)
tensors["nothing"] = torch.zeros(0, 4)
tensors["half"] = torch.tensor([1.5, -65504, 2**-24, float("inf"), 0.333251953125, -0.0], dtype=torch.float16)
tensors["bfloat"] = torch.tensor([1.5, -2.0**100, 0.333984375], dtype=torch.bfloat16)
tensors["int"] = torch.tensor([-7, 2**31 - 1], dtype=torch.int32)
tensors["short"] = torch.tensor([-300, 300], dtype=torch.int16)
tensors["signed_byte"] = torch.tensor([-128, 127], dtype=torch.int8)
tensors["byte"] = torch.tensor([0, 255], dtype=torch.uint8)
tensors["truth"] = torch.tensor([True, False])

header, data = {"__metadata__": {"format": "pt", "note": "gr\u00fc\u00df dich"}}, b""
for name, tensor in sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0])):
    end = len(data) + tensor.numel() * tensor.element_size()
    header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), end]}
    data += content(tensor)
    assert len(data) == end
text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
pathlib.Path(__file__).with_name("torch.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
