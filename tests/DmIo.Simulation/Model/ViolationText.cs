using System.Runtime.CompilerServices;

namespace DmIo.Simulation;

/// <summary>The text of a violated guarantee, formatted only if it is violated.</summary>
[InterpolatedStringHandler]
internal ref struct ViolationText
{
    private DefaultInterpolatedStringHandler text;

    public ViolationText(int literalLength, int formattedCount, bool holds, out bool isViolated)
    {
        isViolated = !holds;
        text = isViolated ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string literal) => text.AppendLiteral(literal);

    public void AppendFormatted<T>(T value) => text.AppendFormatted(value);

    internal string Take() => text.ToStringAndClear();
}
