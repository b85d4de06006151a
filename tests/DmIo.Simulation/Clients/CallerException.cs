namespace DmIo.Simulation;

/// <summary>Thrown by code of a caller that must not throw.</summary>
internal sealed class CallerException() : Exception("A caller's own code threw.");
