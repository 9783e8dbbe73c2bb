"""The two towers: a small plain convolutional net for pictures, a small transformer for words."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Sizes of an encoder.

    Attributes:
        dim: Dimensions of the shared space.
        side_px: Side of the pictures.
        widths: Channels at a quarter, an eighth and a sixteenth of the side.
        depths: Residual blocks at each of these.
        words: Size of the vocabulary, with padding (0) and unknown (1).
        context: Longest text in tokens.
        text_width: Width of the text transformer.
    """

    dim: int
    side_px: int
    widths: tuple[int, int, int]
    depths: tuple[int, int, int]
    words: int
    context: int
    text_width: int


class Residual(nn.Module):
    """Two 3x3 convolutions beside a skip connection (He et al., 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        # plain convolutions: on CPUs depthwise ones are twice as slow at the same accuracy
        groups = 2 if width >= 96 else 1
        self.first = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 3, padding=1, groups=groups, bias=False)
        self.second_norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """Map `(n, width, h, w)` to the same shape."""
        y = functional.relu(self.first_norm(self.first(x)))
        return functional.relu(x + self.second_norm(self.second(y)))


def _down(before: int, after: int, kernel: int, stride: int) -> nn.Sequential:
    padding = (kernel - stride) // 2
    convolution = nn.Conv2d(before, after, kernel, stride, padding, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU())


class ImageTower(nn.Module):
    """Maps `(n, side, side, 3) uint8` to `(n, dim) float32` unit rows; scaling of the bytes happens inside."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        stages: list[nn.Module] = [_down(3, shape.widths[0], 6, 4)]
        before = shape.widths[0]
        for width, depth in zip(shape.widths, shape.depths, strict=True):
            if width != before:
                stages.append(_down(before, width, 2, 2))
            stages += [Residual(width) for _ in range(depth)]
            before = width
        self.body = nn.Sequential(*stages)
        self.norm = nn.LayerNorm(2 * before)
        self.project = nn.Linear(2 * before, shape.dim)

    def forward(self, pictures: Tensor) -> Tensor:
        """Embed pictures in HWC order."""
        x = (pictures.permute(0, 3, 1, 2).float() - 127.5) / 64.0
        features = self.body(x.contiguous(memory_format=torch.channels_last)).float()
        # the mean counts, the maximum finds
        pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)
        return functional.normalize(self.project(self.norm(pooled)).float(), dim=-1)


class TextBlock(nn.Module):
    """Self-attention and a feed-forward net, normalised before each (Xiong et al., 2020)."""

    HEADS = 4

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.mix = nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Map `(n, context, width)` to the same shape; `bias` `(n, 1, 1, context)` keeps attention off the padding."""
        count, context, width = x.shape
        head = width // self.HEADS
        split = self.queries_keys_values(self.attention_norm(x)).view(count, context, 3, self.HEADS, head)
        queries, keys, values = split.permute(2, 0, 3, 1, 4).unbind(0)
        attention = (queries @ keys.transpose(-1, -2) * head**-0.5 + bias).softmax(-1)
        x = x + self.mix((attention @ values).transpose(1, 2).reshape(count, context, width))
        return x + self.feed(x)


class TextTower(nn.Module):
    """Maps `(n, context) int32` token ids to `(n, dim) float32` unit rows."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.words = nn.Embedding(shape.words, shape.text_width, padding_idx=0)
        self.positions = nn.Parameter(torch.randn(shape.context, shape.text_width) * 0.02)
        self.blocks = nn.ModuleList([TextBlock(shape.text_width) for _ in range(2)])
        self.norm = nn.LayerNorm(shape.text_width)
        self.project = nn.Linear(shape.text_width, shape.dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """Embed texts: the mean over the words that are there."""
        present = (tokens != 0).float()
        bias = (1.0 - present)[:, None, None, :] * -1e4
        x = self.words(tokens) + self.positions[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x, bias)
        weights = present[..., None]
        mean = (self.norm(x) * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1.0)
        return functional.normalize(self.project(mean).float(), dim=-1)


class DualEncoder(nn.Module):
    """Both towers and the temperature that training needs."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.image = ImageTower(shape)
        self.text = TextTower(shape)
        self.log_scale = nn.Parameter(torch.tensor(2.66))  # 1 / 0.07, as CLIP begins
