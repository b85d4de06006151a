namespace DmIo.Cli;

/// <summary>
/// An export as the command line names it: <c>NAME=DEVICE</c>, or <c>NAME=DEVICE,DEVICE,DEVICE</c> for copies of one.
/// The first <c>=</c> ends the name, which may be empty; a comma in a URI is written <c>%2C</c>, and a path with a
/// comma can't be said.
/// </summary>
internal sealed record ExportArgument(string Name, IReadOnlyList<string> Devices)
{
    private const string Shape = "Write NAME=DEVICE or NAME=DEVICE,DEVICE, as in disk=disk.img.";

    /// <exception cref="FormatException">It is not one; the message names the text, the fault and what would
    /// do.</exception>
    internal static ExportArgument Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            throw new FormatException($"'{text}' has no '='. {Shape}");
        }

        var devices = DevicesIn(text);
        if (Array.Exists(devices, device => device.Length == 0))
        {
            throw new FormatException($"'{text}' names no device, or an empty one. {Shape}");
        }

        if (devices.Distinct(StringComparer.Ordinal).Count() < devices.Length)
        {
            throw new FormatException($"'{text}' names a device twice; copies are on different devices. {Shape}");
        }

        return new ExportArgument(text[..equals], devices);
    }

    /// <summary>The devices that the text names, whether or not it is a valid export.</summary>
    internal static string[] DevicesIn(string text) =>
        text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..].Split(',');
}
