using System.Runtime.CompilerServices;

namespace DmIo.Simulation;

/// <summary>The words for a broken promise, put together only where it is broken.</summary>
[InterpolatedStringHandler]
internal ref struct BrokenText
{
    private DefaultInterpolatedStringHandler text;

    public BrokenText(int literalLength, int formattedCount, bool isKept, out bool isNeeded)
    {
        isNeeded = !isKept;
        text = isNeeded ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string literal) => text.AppendLiteral(literal);

    public void AppendFormatted<T>(T value) => text.AppendFormatted(value);

    internal string Take() => text.ToStringAndClear();
}
