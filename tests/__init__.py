"""The proofs. CONTRIBUTING.md says what stands in which folder, `script/test --rows` what is proved."""
