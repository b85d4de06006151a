using System.Globalization;

namespace DmIo.Devices.Files;

/// <summary>
/// What Linux says in sysfs about the queue of a block device: limits, one in a file. A partition has none of its own,
/// but its disk, one directory up, has.
/// </summary>
internal readonly record struct BlockQueue
{
    private readonly string directory;

    private BlockQueue(string directory) => this.directory = directory;

    /// <summary>Of the block device with this number, if there is one.</summary>
    internal static BlockQueue Of(uint major, uint minor) =>
        new(string.Create(CultureInfo.InvariantCulture, $"/sys/dev/block/{major}:{minor}"));

    /// <summary>Null where the device, or its kernel, does not tell.</summary>
    internal long? Number(string name)
    {
        string[] places = [$"{directory}/queue/{name}", $"{directory}/../queue/{name}"];
        try
        {
            var place = places.FirstOrDefault(File.Exists);
            return place is not null && long.TryParse(
                File.ReadAllText(place), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number)
                ? number
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
