namespace DmIo.Actors.Devices;

/// <summary>What devices may be called, and what their actors are called then.</summary>
internal static class DeviceName
{
    private const int MaxLength = 255;

    /// <summary>Why the name can't be; null where it can. <c>@</c> and <c>,</c> belong to the command line's
    /// regions.</summary>
    internal static string? FaultOf(string? name)
    {
        if (name is null || name.Length is 0 or > MaxLength)
        {
            return $"A device's name has 1 to {MaxLength} characters, not {name?.Length ?? 0}.";
        }

        for (var index = 0; index < name.Length; index++)
        {
            var isPair = char.IsSurrogatePair(name, index);
            if (char.IsControl(name[index]) || name[index] is '@' or ',' || (char.IsSurrogate(name[index]) && !isPair))
            {
                return $"A device's name has no control or half characters, no '@' or ','; this has one at {index}.";
            }

            index += isPair ? 1 : 0;
        }

        return null;
    }

    /// <summary>One to one, and with nothing that means something in a path.</summary>
    internal static string ToActorName(string name) => $"device-{Uri.EscapeDataString(name)}";
}
