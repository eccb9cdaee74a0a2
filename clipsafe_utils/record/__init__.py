"""The public record: one module a source, raw files in, cubes of the study `published` out."""
