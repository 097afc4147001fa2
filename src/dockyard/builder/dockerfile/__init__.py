"""The Dockerfile language in three stages, each with a type of its own.

    text ──lines.py──▶ Line             keyword, flags, words, heredocs, and where it stood
         ──instructions.py, parse/──▶ Instruction      one frozen class for each keyword
         ──stages.py──▶ Dockerfile       stages, each begun by a FROM, and the ARGs before the first

Variables are replaced later, when their values are known (`words.py`). Dockerfile reference, syntax 1.x.
"""

from dockyard.builder.dockerfile.source import DockerfileError, Span
from dockyard.builder.dockerfile.stages import Dockerfile, Stage, parse_dockerfile

__all__ = ["Dockerfile", "DockerfileError", "Span", "Stage", "parse_dockerfile"]
