namespace DmIo.Simulation;

/// <summary>A promise was broken.</summary>
public sealed class BrokenPromiseException(string message) : Exception(message);
