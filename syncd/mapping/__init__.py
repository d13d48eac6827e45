"""YAML -> `syncd.core.mapping.Mapping`, and complaints like a compiler's. Knows no vendor but by `vendor.Vendor`."""
