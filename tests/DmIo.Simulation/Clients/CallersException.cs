namespace DmIo.Simulation;

/// <summary>What a caller throws who must not.</summary>
internal sealed class CallersException() : Exception("A caller's own code threw.");
