"""An owner's tables on their way in: files, frames and queries, read in batches, every row judged."""
