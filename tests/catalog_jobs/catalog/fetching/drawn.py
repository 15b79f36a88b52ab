"""Small pictures of each kind, made here."""

import base64

import cv2
import numpy as np

# 24×16 of one ink, written by Pillow 13.0 as CMYK at quality 10, which OpenCV does not write.
CMYK_JPEG = base64.b64decode(
    """
/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwBQNzxGPDJQRkFGWlVQX3jIgnhubnj1r7mRyP////////////////////////////////////////////
///////8AAFAgAEAAYBEMRAE0RAFkRAEsRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAAEA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAOBEMATQBZ
AEsAAD8AwVLFoAAAAAAP/9k=
    """
)


def drawn(extension: str = ".jpg", width: int = 48, height: int = 32, seed: int = 0) -> bytes:
    """A picture of noise in a format that OpenCV writes; another for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return cv2.imencode(extension, pixels)[1].tobytes()


def large(size_bytes: int, seed: int = 0) -> bytes:
    """A JPEG of about so many bytes, of which the most are in the scan."""
    side = max(16, int((size_bytes / 1.6) ** 0.5))
    return drawn(".jpg", side, side, seed)
