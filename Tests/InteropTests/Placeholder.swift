// Placeholder until the first file of InteropTests lands.
