namespace DmIo.Hosting;

/// <summary>A lease whose client the application's classes get by its name.</summary>
internal sealed record NamedLease(string Name);
