"""What a voice says of a text: markdown and its kin, addresses, emoji, thoughts, and a map back to the source."""

from gateway.text.cleaner.cleaner import Cleaner
from gateway.text.cleaner.output import Pause
from gateway.text.cleaner.source_map import SourceMap

__all__ = ["Cleaner", "Pause", "SourceMap"]
