"""What is measured on: folders of photos and reels, the garments cut from them, and views made by code."""
