"""NAT and filters of one bridge: `rules` is the text of its nftables table, `table` keeps the kernel's copy like it."""
