namespace DmIo.Actors.Devices;

/// <summary>Validates the names of devices, and converts them to actor names.</summary>
internal static class DeviceName
{
    private const int MaxLength = 255;

    /// <summary>The reason why the name is invalid; null if it is valid. <c>@</c> and <c>,</c> are part of the command
    /// line's syntax of regions.</summary>
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
                return $"A device's name has no control characters, unpaired surrogates, '@' or ','; this has one at "
                    + $"{index}.";
            }

            index += isPair ? 1 : 0;
        }

        return null;
    }

    /// <summary>Injective; escapes every character that has a meaning in an actor path.</summary>
    internal static string ToActorName(string name) => $"device-{Uri.EscapeDataString(name)}";
}
