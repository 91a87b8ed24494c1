using Stint.Cli;
using Stint.Cli.Resident;

var context = ProcessContext.Create(args);
return context.Name == ResidentMain.Name ? ResidentMain.Run(context) : await Dispatch.RunAsync(context);
