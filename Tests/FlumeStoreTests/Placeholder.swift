// Placeholder until the first file of FlumeStoreTests lands.
