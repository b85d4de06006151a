using DmIo.Actors.Devices;
using DmIo.Actors.Protocol;

namespace DmIo.Actors.Requests;

/// <summary>One region of a request, in its request actor.</summary>
internal sealed class RequestRegion(RequestState request, int index) : DeviceIo(index)
{
    internal RequestState Request { get; } = request;

    /// <summary>The device that the region was sent to; null before.</summary>
    internal DeviceEntry? Device { get; set; }
}
