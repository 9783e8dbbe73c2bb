"""Lance tables: schemas, writers, readers, the ledger. With index/ the only door to lance."""
