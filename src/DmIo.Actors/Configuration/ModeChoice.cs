using DmIo.Devices;

namespace DmIo.Actors.Configuration;

/// <summary>How a configured file is to be served: the values of <c>mode</c>.</summary>
internal enum ModeChoice
{
    /// <summary>As it suits the place that the file lies in.</summary>
    Auto,

    /// <inheritdoc cref="ServiceMode.Inline"/>
    Inline,

    /// <inheritdoc cref="ServiceMode.Ring"/>
    Ring,

    /// <inheritdoc cref="ServiceMode.Threads"/>
    Threads,
}
