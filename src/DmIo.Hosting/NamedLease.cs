namespace DmIo.Hosting;

/// <summary>A lease whose client is a keyed service of this name.</summary>
internal sealed record NamedLease(string Name);
