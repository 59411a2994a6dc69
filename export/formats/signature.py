"""What a graph's file says about its input."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Signature:
    """shape: of the input, None for a free axis; None where the file does not say.  dtype: such as "float32", "uint8".

    constants: whole numbers in the program, among which is any batch size that was written into it."""

    shape: tuple[int | None, ...] | None = None
    dtype: str | None = None
    constants: tuple[int, ...] = ()

    def __str__(self) -> str:
        sizes = ", ".join("N" if size is None else str(size) for size in self.shape or ())
        shape = "" if self.shape is None else f"({sizes})"
        return " ".join(filter(None, (shape, self.dtype))) or "nothing"

    @property
    def batch_size(self) -> int | None:
        """The number of images that it declares; None for any, or where it does not say."""
        return self.shape[0] if self.shape else None

    def image_shapes(self) -> dict[str, tuple[int, int, int]]:
        """(C, H, W) by layout, where the file gives all three; with 1 or 3 channels at both ends, both layouts."""
        if self.shape is None or len(self.shape) != 4 or None in self.shape[1:]:
            return {}
        first, middle, last = (int(size or 0) for size in self.shape[1:])
        found = {"NCHW": (first, middle, last), "NHWC": (last, first, middle)}
        return {layout: shape for layout, shape in found.items() if shape[0] in (1, 3)} or {"NCHW": found["NCHW"]}

    def fits(self, shape: tuple[int, int, int], layout: str) -> bool:
        """Whether images (C, H, W) in this layout are what the file declares, as far as it does."""
        if self.shape is None:
            return True
        expected = shape if layout == "NCHW" else (*shape[1:], shape[0])
        return len(self.shape) == 4 and all(size in (None, given) for size, given in zip(self.shape[1:], expected,
                                                                                          strict=True))


UNKNOWN = Signature()
