"""The embedder learns the shop: cut-outs get captions, and a model is trained on them and kept only if it is better."""
