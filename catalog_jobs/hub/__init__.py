"""Models of others made smaller: CLIP and SigLIP as ONNX files, in float32 or in bytes, and what that loses."""
