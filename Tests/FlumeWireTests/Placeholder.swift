// Placeholder until the first file of FlumeWireTests lands.
