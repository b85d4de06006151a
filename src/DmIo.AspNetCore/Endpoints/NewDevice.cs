using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Volumes;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Microsoft.AspNetCore.Http;

namespace DmIo.AspNetCore.Endpoints;

/// <summary>The device of a new leg or witness. If it is not attached yet, it is opened for the request, and closed if
/// the volume does not use it afterwards; a file that was created is then deleted.</summary>
internal sealed class NewDevice : IAsyncDisposable
{
    private readonly DmIoService service;
    private readonly Volume volume;
    private readonly string name;
    private readonly bool isOpened;
    private readonly bool isCreated;

    private NewDevice(DmIoService service, Volume volume, string name, bool isOpened, bool isCreated)
    {
        this.service = service;
        this.volume = volume;
        this.name = name;
        this.isOpened = isOpened;
        this.isCreated = isCreated;
    }

    /// <summary>Opens the device with the external metadata of a new leg. A missing file is created, with room for the
    /// capacity of the leg.</summary>
    /// <param name="service">The service.</param>
    /// <param name="volume">The volume that is to use the device.</param>
    /// <param name="leg">The leg, whose data is attached.</param>
    /// <param name="end">Ends the opening.</param>
    /// <returns>The device; null: the metadata is not external.</returns>
    /// <inheritdoc cref="AttachAsync"/>
    internal static async Task<NewDevice?> AttachMetadataAsync(
        DmIoService service, Volume volume, LegDevices leg, CancellationToken end)
    {
        if (leg.Metadata is null)
        {
            return null;
        }

        var data = (await service.GetDevicesAsync(end)).First(device => device.Name == leg.Data);
        var geometry = LegGeometry.Growable(MetadataPlacement.External, data.Description.Capacity);
        return await AttachAsync(service, volume, leg.Metadata, geometry.MetadataLength.Bytes, end);
    }

    /// <param name="service">The service.</param>
    /// <param name="volume">The volume that is to use the device.</param>
    /// <param name="text">A name, URI or absolute path.</param>
    /// <param name="createBytes">A missing file is created with this size.</param>
    /// <param name="end">Ends the opening.</param>
    /// <exception cref="RequestException">The text or the size is invalid.</exception>
    /// <exception cref="DeviceOpenException">The device cannot be opened.</exception>
    internal static async Task<NewDevice> AttachAsync(
        DmIoService service, Volume volume, string text, long? createBytes, CancellationToken end)
    {
        if (createBytes is { } bytes && (bytes <= 0 || bytes % Sector.SizeBytes != 0))
        {
            throw new RequestException(
                StatusCodes.Status400BadRequest,
                $"createBytes is {bytes}; a device has whole sectors of {Sector.SizeBytes}.");
        }

        if ((await service.GetDevicesAsync(end)).Any(device => device.Name == text))
        {
            return new NewDevice(service, volume, text, isOpened: false, isCreated: false);
        }

        if (text.Contains("://", StringComparison.Ordinal))
        {
            await service.AttachAsync(text, text, cancellationToken: end);
            return new NewDevice(service, volume, text, isOpened: true, isCreated: false);
        }

        if (!Path.IsPathFullyQualified(text) || text.Contains('\0', StringComparison.Ordinal))
        {
            throw new RequestException(
                StatusCodes.Status422UnprocessableEntity,
                $"'{text}' is no attached device, no URI and no absolute path.");
        }

        var isMissing = !Path.Exists(text);
        var device = FileDevice.Open(new FileDeviceOptions
        {
            Path = text,
            CreateSize = createBytes is { } size ? ByteSize.FromBytes(size) : null,
        });
        var opened = new NewDevice(service, volume, text, isOpened: true, isCreated: isMissing);
        try
        {
            await service.AttachAsync(text, device, cancellationToken: end);
            return opened;
        }
        catch
        {
            opened.DeleteCreated();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (isOpened && !volume.Uses(name))
        {
            await service.DetachAsync(name);
            DeleteCreated();
        }
    }

    private void DeleteCreated()
    {
        if (isCreated)
        {
            File.Delete(name);
        }
    }
}
