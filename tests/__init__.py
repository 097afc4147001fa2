"""The proofs. CONTRIBUTING.md says what stands in which folder, and `script/test --rows` which acceptance rows are proved."""
