"""Gates that look into the weights: are they numbers, and do the words' rows fit the tokenizer?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from daguerre.encoders.release import IMAGE_GRAPH, TEXT_GRAPH, TOKENIZER, Release
from daguerre.encoders.spec import EncoderError
from daguerre.encoders.tokenizer import Tokenizer
from daguerre.lifecycle.gate import GateResult

FINITE_WEIGHTS = "finite_weights"
TOKENIZER_GATE = "tokenizer"

#: Operators that hand a table on without changing its number of rows or the meaning of a token.
_TRANSPARENT = {"Cast", "DequantizeLinear", "Identity"}
#: Share of unknown words in the golden texts from which on the tokenizer was made for other words.
_MOST_UNKNOWN = 0.5


def weights_gate(release: Release) -> GateResult:
    """Ask whether any weight is NaN or +inf; -inf is what exporters write into masks, and is fine."""
    bad: list[str] = []
    tensors = 0
    for graph in (IMAGE_GRAPH, TEXT_GRAPH):
        try:
            for name, values in _float_tensors(release.path(graph)):
                tensors += 1
                wrong = int(np.isnan(values).sum() + np.isposinf(values).sum())
                if wrong:
                    bad.append(f"{graph}: {wrong} of {values.size} numbers in {name}")
        except Exception as e:
            return GateResult(name=FINITE_WEIGHTS, passed=False, said=f"{graph} cannot be read ({str(e)[:200]})")
    said = f"not finite: {'; '.join(bad[:5])}" if bad else f"{tensors} tensors are finite"
    return GateResult(name=FINITE_WEIGHTS, passed=not bad, value=float(len(bad)), limit=0.0, said=said)


def tokenizer_gate(
    release: Release, texts: tuple[str, ...], *, text_cosine: float | None, image_cosine: float | None, least: float
) -> GateResult:
    """Ask whether the tokenizer is the one that the text tower was trained with.

    Its numbers must have a row in the tower's table, the golden texts must be words that it knows, and it must not be
    that the pictures are answered as they were while the words are not: then what stands between a word and its
    vector was exchanged, and that is the tokenizer or the text tower.

    Args:
        release: The candidate.
        texts: Golden texts.
        text_cosine: Smallest cosine of the text answers to the golden vectors; None: there was no answer.
        image_cosine: The same of the picture answers.
        least: Smallest cosine that counts as equal.
    """
    try:
        tokens = Tokenizer.from_dir(release.folder, release.spec).encode(texts) if texts else np.zeros((0, 1), np.int32)
        vocabulary, unknown = _vocabulary(release.path(TOKENIZER))
    except EncoderError as e:
        return GateResult(name=TOKENIZER_GATE, passed=False, said=str(e))
    rows = _table_rows(release.path(TEXT_GRAPH))
    if rows is not None and vocabulary > rows:
        said = f"it has {vocabulary} tokens, the text tower has rows for {rows}: made for another model"
        return GateResult(name=TOKENIZER_GATE, passed=False, value=float(vocabulary), limit=float(rows), said=said)
    words = int((tokens != release.spec.pad_id).sum())
    strange = int((tokens == unknown).sum()) / words if words and unknown is not None else 0.0
    if strange > _MOST_UNKNOWN:
        said = f"it does not know {strange:.0%} of the words in the golden texts: made for other words"
        return GateResult(name=TOKENIZER_GATE, passed=False, value=strange, limit=_MOST_UNKNOWN, said=said)
    if text_cosine is not None and image_cosine is not None and image_cosine >= least > text_cosine:
        said = "pictures are answered as they were where the release was made, words are not"
        return GateResult(name=TOKENIZER_GATE, passed=False, value=text_cosine, limit=least, said=said)
    said = f"{vocabulary} tokens" + (f" for {rows} rows" if rows else "") + f", {strange:.0%} of the words unknown"
    return GateResult(name=TOKENIZER_GATE, passed=True, value=text_cosine, limit=least, said=said)


def _float_tensors(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield every float tensor of a graph, of its constants and of the graphs inside it; the file is read whole."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(str(path))

    def inside(graph: Any) -> Iterator[tuple[str, Any]]:
        yield from ((t.name, t) for t in graph.initializer)
        for node in graph.node:
            for attribute in node.attribute:
                yield from ((node.name or node.op_type, t) for t in [attribute.t, *attribute.tensors])
                for sub in [attribute.g, *attribute.graphs]:
                    yield from inside(sub)

    floats = {onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16}
    for name, tensor in inside(model.graph):
        if tensor.data_type in floats:
            values = numpy_helper.to_array(tensor)
            yield name, values if values.dtype.kind == "f" else values.astype(np.float32)  # numpy has no bfloat16


def _vocabulary(path: Path) -> tuple[int, int | None]:
    """Return one more than the largest token of a tokenizer, and the token that stands for unknown words, if any."""
    from tokenizers import Tokenizer as Reader

    reader = Reader.from_file(str(path))
    largest = max(reader.get_vocab(with_added_tokens=True).values(), default=-1)
    name = getattr(reader.model, "unk_token", None)
    return largest + 1, reader.token_to_id(name) if name else None


def _table_rows(path: Path) -> int | None:
    """Return how many tokens the text tower has a vector for; None when the graph does not show it plainly."""
    import onnx

    try:
        graph = onnx.load(str(path), load_external_data=False).graph
    except Exception:
        return None
    weights = {i.name: tuple(i.dims) for i in graph.initializer}
    tokens = {i.name for i in graph.input if i.name not in weights}
    for node in graph.node:  # in topological order, as the checker demands
        if node.op_type in _TRANSPARENT and node.input[0] in weights:
            weights[node.output[0]] = weights[node.input[0]]
        elif node.op_type in _TRANSPARENT and node.input[0] in tokens:
            tokens.add(node.output[0])
        elif node.op_type == "Gather" and node.input[1] in tokens and len(weights.get(node.input[0], ())) == 2:
            return weights[node.input[0]][0]
    return None
