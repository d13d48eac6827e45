"""The shell: what polls, leases, reconciles and writes. All decisions are in `syncd.core`."""
